import { type TokenMDP, type Trajectories, tokenMDP } from '@gfnlm/env'
import { type Policy, reference } from '@gfnlm/policy'
import { type Reward, likelihood } from '@gfnlm/reward'
import { adamw, constant, modifiedSubTB, sgd, trainer, trajectoryBalanceTask } from '@gfnlm/trainer'
import {
  TERMINATOR,
  allCompletions,
  completionLogPF,
  nodeOf,
  tempered,
  treePolicy,
  weighted,
} from '../../posterior/token-tree.ts'
import { type Json, matrix } from '../json.ts'

/** A `token_tree_exact_posterior` case: everything in it is in order of `allCompletions`, that of a binary heap. */
export interface Tree {
  readonly logits: readonly (readonly number[])[]
  /** The model of the file: the judge, and what training starts from. */
  readonly base: Policy
  /** All completions, without a minimum length. */
  readonly all: Trajectories
  readonly forced: TokenMDP
  readonly free: TokenMDP
  readonly reward: Reward
  /** Numbers in the order of the file's prefixes, put into ours. */
  readonly ordered: (values: readonly number[]) => number[]
}

export const treeOf = (inputs: Readonly<Record<string, Json>>): Tree => {
  const prefixes = matrix(inputs.prefixes)
  const given = matrix(inputs.logits)
  const ordered = <A>(values: readonly A[]): A[] => {
    const heap: A[] = []
    prefixes.forEach((prefix, i) => {
      heap[nodeOf(prefix)] = values[i]
    })
    return heap
  }
  const base = treePolicy(prefixes, given)
  const forced = tokenMDP({ terminator: TERMINATOR, maxLength: Math.max(...prefixes.map((prefix) => prefix.length)) })
  const free: TokenMDP = { ...forced, leaf: 'free' }
  return {
    logits: ordered(given),
    base,
    all: allCompletions(forced),
    forced,
    free,
    reward: likelihood(reference(base)),
    ordered,
  }
}

/** The policy of a table of logits in our order. */
export const policyOf = ({ all }: Tree, logits: readonly (readonly number[])[]): Policy =>
  treePolicy(
    Array.from(all.length, (length, row) => [...all.tokens.subarray(row * all.width, row * all.width + length)]),
    logits,
  )

/** log R of every completion at a temperature, through the reward; nats. */
export const logRewards = async ({ all, reward }: Tree, temperature: number, by: Reward = reward): Promise<number[]> =>
  tempered(await weighted(all, by, temperature))

/** log P_F of every completion, with the last state forced or free. */
export const logProbabilities = ({ all }: Tree, policy: Policy, mdp: TokenMDP): Promise<number[]> =>
  completionLogPF(policy, policy.trainable, { ...all, mdp })

/** The modified SubTB loss of all completions, one each, as the trainer computes it. */
export const subTBLoss = async (
  { all, reward }: Tree,
  policy: Policy,
  mdp: TokenMDP,
  temperature: number,
  by: Reward = reward,
): Promise<number> => {
  const still = trainer(policy, { task: modifiedSubTB(mdp), optimizer: adamw(), learningRate: constant(0) })
  return (await still.update(await weighted({ ...all, mdp }, by, temperature))).loss
}

/** E_{P_F}[∇ TB] at a log Z: what one step of gradient descent at rate 1 takes off the table. */
export const expectedGradientOfTB = async (
  { all, base, forced, reward }: Tree,
  temperature: number,
  logZ: number,
  logPF: readonly number[],
): Promise<number[]> => {
  const learner = trainer(base, {
    task: trajectoryBalanceTask(forced, { logZ }),
    optimizer: sgd(),
    learningRate: constant(1),
  })
  const before = learner.trainable()['table'].data
  // The loss is the mean over the rows: weight each by how often it is drawn.
  await learner.update(
    await weighted(
      all,
      reward,
      temperature,
      Float32Array.from(logPF, (x) => all.rows * Math.exp(x)),
    ),
  )
  const after = learner.trainable()['table'].data
  return Array.from(before, (x, i) => x - after[i])
}
