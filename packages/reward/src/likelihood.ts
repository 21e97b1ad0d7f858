import { type Fault, type TokenMDP, type Trajectories, fault, settledTokens } from '@gfnlm/env'
import { type Device, jitPerShape } from '@gfnlm/jit'
import { type PackedInput, type PolicyState, type Tensors, actionScores, inVocabulary, packRows } from '@gfnlm/policy'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Reward } from './reward.ts'

export interface LikelihoodOptions {
  /** [vocab] added to the judging model's logits: gfn-lm-tuning takes 50 nats off illegal tokens. Default: nothing. */
  readonly logitShift?: Float32Array
  readonly device?: Device
}

/**
 * log R of every prefix from the log-probabilities of its tokens and of stopping.
 *
 *   log R(s_t ⊤) = Σ_{i<t} log p(z_{i+1} | s_i) + log p(⊤ | s_t)
 *
 * @param logP     [rows, width] of the token taken at each state
 * @param logPTerm [rows, width] of the terminator at each state
 * @returns [rows, width]; NaN past each row's length
 */
export const prefixLogRewards = (
  logP: ArrayLike<number>,
  logPTerm: ArrayLike<number>,
  length: Int32Array,
  width: number,
): Float32Array => {
  const logReward = new Float32Array(length.length * width).fill(NaN)
  length.forEach((last, row) => {
    let sum = 0
    for (let t = 0; t <= last; t++) {
      const cell = row * width + t
      logReward[cell] = sum + logPTerm[cell]!
      sum += logP[cell]!
    }
  })
  return logReward
}

/**
 * The likelihood of the completion and its terminator under a frozen model, for every prefix in one pass: the reward
 * of next-sentence continuation, whose target is p_LM(completion ⊤ | prompt)^(1/T). The judge's own probability of
 * stopping counts at every state, the last one included.
 *
 * @see Hu et al. 2024, arXiv:2310.04363, §4.1
 * @example annotate(likelihood(reference(policy)), { temperature: linear(1, 0.8, 750) })
 */
export const likelihood = (
  { policy, trainable }: PolicyState,
  { logitShift, device = 'cpu' }: LikelihoodOptions = {},
): Reward => {
  const scorers = new Map<string, ReturnType<typeof compile>>()
  const compile = (mdp: TokenMDP) =>
    jitPerShape(
      ({ trainable: own, packed }: { trainable?: Tensors; packed: PackedInput }, constants) => ({
        ...actionScores(policy, mdp, constants, own ?? null, packed),
      }),
      { device, constants: policy.constants, limit: 64 },
    )
  const score = async (batch: Trajectories): Promise<Float32Array> => {
    // The judge judges freely: neither the sampler's masks nor its forced stop.
    const { terminator, ends = [], maxLength } = batch.mdp
    const key = `${[terminator, ...ends].join()}/${maxLength}`
    const judged: TokenMDP = {
      terminator,
      ends,
      maxLength,
      minLength: 0,
      leaf: 'free',
      ...(logitShift === undefined ? {} : { logitShift }),
    }
    const run = scorers.get(key) ?? compile(judged)
    scorers.set(key, run)
    const packed = inVocabulary(policy, packRows(batch, settledTokens(batch)))
    const own = trainable()
    const { logPF, logPTerm } = await run({ ...(own === null ? {} : { trainable: own }), packed })
    return prefixLogRewards(logPF.data, logPTerm.data, batch.length, batch.width)
  }
  return (batch) =>
    TE.tryCatch(
      async () => ({ logReward: await score(batch) }),
      (cause): Fault =>
        fault(
          'RewardFailed',
          `the likelihood reward could not be computed: ${cause instanceof Error ? cause.message : String(cause)}`,
          'Check that the judging model reads the same tokens as the policy.',
          { cause },
        ),
    )
}
