import { type Fault, type Prompt, type Trajectories, fault, isFault } from '@gfnlm/env'
import { type Device, jitPerShape } from '@gfnlm/jit'
import {
  type HeadRules,
  type Policy,
  type PolicyState,
  type Tensors,
  inVocabulary,
  shifted,
  stateLogProbs,
} from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Frame, infillingRows } from './infilling-rows.ts'
import { infillingLogRewards } from './infilling-sum.ts'
import type { Reward } from './reward.ts'

/** What stands around the completion in the text whose likelihood is its reward. */
export interface Surroundings {
  /** X: what comes before, at least one token. */
  readonly before: Int32Array
  /** Y: what comes after. */
  readonly after: Int32Array
}

export interface InfillingOptions {
  readonly surroundings: (prompt: Prompt) => Surroundings
  /**
   * Whether the terminator stands in the judged text, between completion and Y (default): a full stop does, an
   * end-of-text token that only tells the sampler to stop does not.
   */
  readonly terminatorInText?: boolean
  /** [vocab] added to the judging model's logits at the completion's tokens; the rest is judged without it. */
  readonly logitShift?: Float32Array
  readonly device?: Device
}

/** A policy whose text can branch. */
type Branching = Policy & Required<Pick<Policy, 'hidden' | 'unembed' | 'branched'>>

const canBranch = (policy: Policy): policy is Branching =>
  policy.hidden !== undefined && policy.unembed !== undefined && policy.branched !== undefined

interface Feed {
  readonly trainable?: Tensors
  readonly tokens: tf.Tensor
  readonly pad: tf.Tensor
  readonly branches?: tf.Tensor
  readonly next: tf.Tensor
  readonly rest?: tf.Tensor
}

/** Log-probabilities of the targets of laid-out rows: one pass, the head at the columns that are read only. */
const scorer = (policy: Branching, logitShift: Float32Array | undefined, device: Device) =>
  jitPerShape(
    ({ trainable = null as never, tokens, pad, branches, next, rest }: Feed, constants) => {
      const [rows, columns] = tokens.shape as [number, number]
      const width = next.shape[1]!
      const trunk = { tokens: tokens as tf.Tensor2D, pad: pad as tf.Tensor1D }
      const before = columns - width + 1
      const read = { start: before - 1, count: width }
      const stops = branches?.shape[1] ?? 0
      const after = Array.from({ length: stops }, (_, stop) => before + width - stops + stop)
      const logProbs = (states: tf.Tensor3D, targets: tf.Tensor, rules?: HeadRules): tf.Tensor =>
        stateLogProbs(policy, constants, trainable, states, targets as tf.Tensor3D, { rules }).logProb
      const states =
        branches === undefined
          ? { trunk: policy.hidden(constants, trainable, trunk, read) }
          : policy.branched(constants, trainable, { trunk, branches: branches as tf.Tensor3D, after }, read)
      const [completion, first] = tf.split(logProbs(states.trunk, next), 2, 2)
      // A penalty on tokens is for the completion's alone.
      const penalised =
        logitShift === undefined
          ? completion!
          : logProbs(states.trunk, tf.slice(next, [0, 0, 0], [rows, width, 1]), shifted(tf.tensor1d(logitShift)))
      const scores = { completion: penalised, first: first! }
      if (!('branches' in states) || rest === undefined) return scores
      const [, , length, hidden] = states.branches.shape
      const branched: tf.Tensor3D = tf.reshape(states.branches, [rows * stops, length, hidden])
      return { ...scores, rest: logProbs(branched, tf.reshape(rest, [rows * stops, length, 1])) }
    },
    { device, constants: policy.constants, limit: 64 },
  )

const checkFits = ({ prompts, mdp }: Trajectories, frames: readonly Frame[], { contextLength }: Policy): void =>
  frames.forEach(({ before, tail }, i) => {
    const { id } = prompts[i]!
    if (before.length === 0 || tail.length === 0)
      throw fault(
        'SurroundingsEmpty',
        `prompt ${id}: there is nothing ${before.length === 0 ? 'before' : 'after'} the completion`,
        'Give at least one token (a beginning-of-text token will do), or use the likelihood reward.',
        { prompt: id },
      )
    const needed = before.length + mdp.maxLength + tail.length - 1
    if (needed > contextLength)
      throw fault(
        'PromptTooLong',
        `prompt ${id}: beginning, completion and ending take ${needed} positions, the model has ${contextLength}`,
        'Shorten the surroundings or the maximal completion.',
        { prompt: id, needed, contextLength },
      )
  })

/**
 * The likelihood of text with the completion in the middle, for every prefix in one pass:
 *
 *   log R(s_t ⊤) = log p(z_1 … z_t ⊤ Y | X)
 *
 * The target p(Z | X, Y) ∝ p(Z Y | X) is the posterior of infilling, intractable for a left-to-right model.
 *
 * @throws (as a Left) BranchesUnsupported for a policy without `branched`; SurroundingsEmpty; PromptTooLong where
 * X Z Y does not fit; RewardFailed for anything else
 * @see Hu et al. 2024, arXiv:2310.04363, §4.2
 * @example annotate(infillingLikelihood(reference(policy), { surroundings: ({ row }) => encoded(row) }))
 */
export const infillingLikelihood = (
  { policy, trainable }: PolicyState,
  { surroundings, terminatorInText = true, logitShift, device = 'cpu' }: InfillingOptions,
): Reward => {
  const run = canBranch(policy) ? scorer(policy, logitShift, device) : undefined
  const score = async (batch: Trajectories): Promise<Float32Array> => {
    if (run === undefined)
      throw fault(
        'BranchesUnsupported',
        `the policy ${policy.name} cannot score several endings of one prefix`,
        'Give it `hidden`, `unembed` and `branched`, or use a reward of whole completions.',
      )
    const frames = batch.prompts.map((prompt): Frame => {
      const { before, after } = surroundings(prompt)
      return { before, tail: terminatorInText ? Int32Array.of(batch.mdp.terminator, ...after) : after }
    })
    checkFits(batch, frames, policy)
    const own = trainable()
    const found = await run({
      ...(own === null ? {} : { trainable: own }),
      ...inVocabulary(policy, infillingRows(batch, frames, policy.contextLength)),
    })
    const values = (t: { readonly data: unknown }): Float32Array => t.data as Float32Array
    return infillingLogRewards(batch, frames, {
      completion: values(found.completion),
      first: values(found.first),
      ...('rest' in found ? { rest: values(found.rest) } : {}),
    })
  }
  return (batch) =>
    TE.tryCatch(
      async () => ({ logReward: await score(batch) }),
      (cause): Fault =>
        isFault(cause)
          ? cause
          : fault(
              'RewardFailed',
              `the infilling reward could not be computed: ${cause instanceof Error ? cause.message : String(cause)}`,
              'Check the surroundings of the prompts.',
              { cause },
            ),
    )
}
