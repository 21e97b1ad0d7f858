import {
  type Prompt,
  type TokenMDP,
  type Trajectories,
  type Weighted,
  enumerateCompletions,
  logSumExp,
} from '@gfnlm/env'
import { type HostTensors, jitPerShape } from '@gfnlm/jit'
import { type PackedInput, type Policy, type Tensors, actionScores, packRows } from '@gfnlm/policy'
import { type Reward, annotateBatch } from '@gfnlm/reward'
import { tabularPolicy } from './tabular-policy.ts'

/** Two tokens, 0 and 1, and the terminator. */
export const TERMINATOR = 2
export const VOCAB = 3

export const PROMPT: Prompt = { id: 'tree', text: '', tokens: Int32Array.of(TERMINATOR), row: {} }

/** Where a prefix lies in a binary heap: the child of prefix i by token b is 2i + 1 + b. */
export const nodeOf = (prefix: ArrayLike<number>): number => Array.from(prefix).reduce((node, b) => 2 * node + 1 + b, 0)

/** A policy whose next-token logits of each prefix are given, in any order of the prefixes. */
export const treePolicy = (
  prefixes: readonly (readonly number[])[],
  logits: readonly (readonly number[])[],
): Policy => {
  const heap: (readonly number[])[] = []
  prefixes.forEach((prefix, i) => {
    heap[nodeOf(prefix)] = logits[i]
  })
  return tabularPolicy(heap)
}

/** Completions as a batch of one row each, as if they came from a dataset. */
export const batchOf = (mdp: TokenMDP, completions: readonly ArrayLike<number>[]): Trajectories => {
  const rows = completions.length
  const width = mdp.maxLength + 1
  const tokens = new Int32Array(rows * width)
  completions.forEach((z, row) => tokens.set([...Array.from(z), TERMINATOR], row * width))
  const unknown = new Float32Array(rows * width).fill(NaN)
  const length = Int32Array.from(completions, (z) => z.length)
  const origin = completions.map(() => 'dataset' as const)
  return {
    step: 0,
    seed: 0,
    prompts: [PROMPT],
    mdp,
    rows,
    width,
    group: new Int32Array(rows),
    tokens,
    length,
    logPF: unknown,
    logBehaviour: unknown,
    origin,
  }
}

/** Every completion of the MDP in one batch, shortest first, then in order of id. */
export const allCompletions = (mdp: TokenMDP): Trajectories => batchOf(mdp, enumerateCompletions(mdp, VOCAB))

/** A batch with its rewards at a temperature and a weight for each row (default 1). */
export const weighted = async (
  batch: Trajectories,
  reward: Reward,
  temperature: number,
  weight = new Float32Array(batch.rows).fill(1),
): Promise<Weighted> => ({
  ...(await annotateBatch(reward, { temperature: () => temperature })(batch)),
  weight,
})

/** log P_F of each row's whole completion under the batch's MDP, nats: from the policy's own log-probabilities. */
export const completionLogPF = async (
  policy: Policy,
  trainable: HostTensors,
  batch: Trajectories,
): Promise<number[]> => {
  const run = jitPerShape(
    (input: { trainable: Tensors; packed: PackedInput }, constants) => ({
      ...actionScores(policy, batch.mdp, constants, input.trainable, input.packed),
    }),
    { constants: policy.constants },
  )
  const packed = packRows(batch, batch.tokens)
  const { logPF } = await run({ trainable, packed })
  await run.dispose()
  return Array.from(batch.length, (length, row) =>
    Array.from(logPF.data.slice(row * batch.width, row * batch.width + length + 1)).reduce((sum, x) => sum + x, 0),
  )
}

/** log R of each row's whole completion, tempered, nats. */
export const tempered = (batch: Weighted): number[] =>
  Array.from(batch.length, (length, row) => batch.logReward[row * batch.width + length]! / batch.rewardTemperature)

/**
 * Next-token log-probabilities of the policy that balances every flow: F(s) = R(s ⊤) + Σ F(children), and
 * F = R / `leafStop` at the leaves, where the policy stops with that probability.
 *
 * @param logReward of every completion, as `allCompletions` of an MDP with minLength 0 orders them
 */
export const balancedLogits = (logReward: readonly number[], leafStop = 1): number[][] => {
  const leaves = (logReward.length + 1) / 2
  const logF: number[] = []
  for (let node = logReward.length - 1; node >= 0; node--)
    logF[node] =
      node >= leaves - 1
        ? logReward[node] - Math.log(leafStop)
        : logSumExp([logReward[node], logF[2 * node + 1], logF[2 * node + 2]])
  const other = leafStop === 1 ? 0 : Math.log((1 - leafStop) / 2)
  return logReward.map((r, node) =>
    node >= leaves - 1
      ? [other, other, Math.log(leafStop)]
      : [logF[2 * node + 1] - logF[node], logF[2 * node + 2] - logF[node], r - logF[node]],
  )
}

/**
 * ∇ KL(P_F ‖ target) with respect to a table of logits, in float64, from the definition:
 * Σ_x P_F(x) (log P_F(x) − log target(x)) ∇ log P_F(x), with ∇ log softmax = 1[taken] − probabilities.
 *
 * @param logPF of every completion; @param logTarget alike
 */
export const gradientOfKL = (
  logits: readonly (readonly number[])[],
  batch: Trajectories,
  logPF: readonly number[],
  logTarget: readonly number[],
): number[] => {
  const gradient = Array.from({ length: logits.length * VOCAB }, () => 0)
  for (let row = 0; row < batch.rows; row++) {
    const share = Math.exp(logPF[row]) * (logPF[row] - logTarget[row])
    const length = batch.length[row]
    const actions = batch.tokens.subarray(row * batch.width, row * batch.width + length + 1)
    // At the maximal length stopping is forced: nothing is chosen there.
    for (let t = 0; t <= Math.min(length, batch.mdp.maxLength - 1); t++) {
      const node = nodeOf(actions.subarray(0, t))
      const logSum = logSumExp(logits[node])
      for (let a = 0; a < VOCAB; a++)
        gradient[node * VOCAB + a] += share * ((a === actions[t] ? 1 : 0) - Math.exp(logits[node][a] - logSum))
    }
  }
  return gradient
}
