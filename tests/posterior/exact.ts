import { type Prompt, type TokenMDP, type Trajectories, enumerateCompletions, normaliseLog } from '@gfnlm/env'
import { jitPerShape } from '@gfnlm/jit'
import { type PackedInput, type PolicyState, type Tensors, actionScores, packRows } from '@gfnlm/policy'
import { type Reward, annotateBatch } from '@gfnlm/reward'

/** Every completion of an MDP as one batch of a prompt, in the order of `enumerateCompletions`. */
export const everyCompletion = (prompt: Prompt, mdp: TokenMDP, vocab: number): Trajectories => {
  const all = enumerateCompletions(mdp, vocab)
  const width = mdp.maxLength + 1
  const tokens = new Int32Array(all.length * width).fill(mdp.terminator)
  all.forEach((z, row) => tokens.set(z, row * width))
  const unknown = (): Float32Array => new Float32Array(all.length * width).fill(NaN)
  return {
    step: 0,
    seed: 0,
    prompts: [prompt],
    mdp,
    rows: all.length,
    width,
    group: new Int32Array(all.length),
    tokens,
    length: Int32Array.from(all, (z) => z.length),
    logPF: unknown(),
    logBehaviour: unknown(),
    origin: all.map(() => 'dataset'),
  }
}

/** The exact target: R^(1/T) of every completion, normalised. */
export const exactTarget = async (reward: Reward, batch: Trajectories, temperature: number): Promise<Float64Array> => {
  const { logReward } = await annotateBatch(reward)(batch)
  return normaliseLog(Array.from(batch.length, (l, row) => logReward[row * batch.width + l]! / temperature))
}

/** The probability of every completion of a batch under a policy, exactly, from its own log-probs. */
export const exactPolicy = (
  policy: PolicyState['policy'],
  mdp: TokenMDP,
): ((trainable: PolicyState, batch: Trajectories) => Promise<Float64Array>) => {
  const score = jitPerShape(
    ({ trainable, packed }: { trainable?: Tensors; packed: PackedInput }, constants) => ({
      ...actionScores(policy, mdp, constants, trainable ?? null, packed),
    }),
    { constants: policy.constants },
  )
  return async ({ trainable }, batch) => {
    const packed = packRows(batch, batch.tokens)
    const own = trainable()
    const { logPF, logPTerm } = await score({ ...(own === null ? {} : { trainable: own }), packed })
    return Float64Array.from(batch.length, (l, row) => {
      let sum = logPTerm.data[row * batch.width + l]!
      for (let t = 0; t < l; t++) sum += logPF.data[row * batch.width + t]!
      return Math.exp(sum)
    })
  }
}
