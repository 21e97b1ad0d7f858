import { type Fault, type Prompt, type Trajectories, fault, isFault } from '@gfnlm/env'
import { type Device, jitPerShape, tokenLogProbs } from '@gfnlm/jit'
import type { LayoutInput, Policy, PolicyState, Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Frame, infillingLayout } from './infilling-layout.ts'
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

interface Targets {
  readonly completions: tf.Tensor
  readonly endings: tf.Tensor
}

/** Log-probabilities of a layout's targets: one pass, the head at the columns that are read only. */
const scorer = (
  policy: Policy,
  logitsUnder: NonNullable<Policy['logitsUnder']>,
  logitShift: Float32Array | undefined,
  device: Device,
) =>
  jitPerShape(
    ({ trainable, completions, endings, ...input }: { trainable?: Tensors } & Targets & LayoutInput, constants) => {
      const [rows, width] = completions.shape as [number, number]
      const count = endings.shape[1]!
      const all = logitsUnder(constants, trainable ?? null, input, { start: input.tokens.shape[1] - count, count })
      const ofTokens = (logits: tf.Tensor, ids: tf.Tensor): tf.Tensor =>
        tokenLogProbs(
          tf.reshape(logits, [ids.size, policy.vocabSize]) as tf.Tensor2D,
          tf.reshape(ids, [ids.size, 1]) as tf.Tensor2D,
        )
      const states = tf.slice(all, [0, 0, 0], [rows, width, policy.vocabSize])
      const shifted = logitShift === undefined ? states : tf.add(states, tf.tensor1d(logitShift))
      return { completion: ofTokens(shifted, completions), ending: ofTokens(all, endings) }
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
 * @throws (as a Left) LayoutUnsupported for a policy without `logitsUnder`; SurroundingsEmpty; PromptTooLong where
 * X Z Y does not fit; RewardFailed for anything else
 * @see Hu et al. 2024, arXiv:2310.04363, §4.2
 * @example annotate(infillingLikelihood(reference(policy), { surroundings: ({ row }) => encoded(row) }))
 */
export const infillingLikelihood = (
  { policy, trainable }: PolicyState,
  { surroundings, terminatorInText = true, logitShift, device = 'cpu' }: InfillingOptions,
): Reward => {
  const run = policy.logitsUnder === undefined ? undefined : scorer(policy, policy.logitsUnder, logitShift, device)
  const score = async (batch: Trajectories): Promise<Float32Array> => {
    if (run === undefined)
      throw fault(
        'LayoutUnsupported',
        `the policy ${policy.name} cannot score laid-out rows`,
        'Give it a logitsUnder, or use a reward of whole completions.',
      )
    const frames = batch.prompts.map((prompt): Frame => {
      const { before, after } = surroundings(prompt)
      return { before, tail: terminatorInText ? Int32Array.of(batch.mdp.terminator, ...after) : after }
    })
    checkFits(batch, frames, policy)
    const { blockWidth, ...layout } = infillingLayout(batch, frames)
    const own = trainable()
    const { completion, ending } = await run({ ...(own === null ? {} : { trainable: own }), ...layout })
    return infillingLogRewards(
      batch,
      frames,
      { completion: completion.data as Float32Array, ending: ending.data as Float32Array },
      blockWidth,
    )
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
