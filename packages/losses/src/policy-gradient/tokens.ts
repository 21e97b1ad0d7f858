import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { FAR_REWARD, anyRuledOut, finite, ruledOut, untaught } from '../ruled-out.ts'
import { orOne } from '../terms.ts'

/** What every policy-gradient loss reads: completions, token by token, and how much better than expected each was. */
export interface PolicyGradientInputs {
  /** [rows, steps] log π(token) now, nats. Anything where the mask is 0, NaN included. */
  readonly logProb: tf.Tensor2D
  /** [rows, steps] 1 where a token was the policy's own choice (0: padding, tool output, a forced stop, a lost row) */
  readonly mask: tf.Tensor2D
  /** [rows] or [rows, steps] A, a constant: one for a completion (GRPO, RLOO) or for each token (PPO) */
  readonly advantage: tf.Tensor1D | tf.Tensor2D
  /**
   * [rows, steps] log π_old(token) when the completion was drawn, nats, a constant. Absent, or NaN at a token: not
   * known, and taken to be the present one, so that the ratio is 1 (strictly on-policy).
   */
  readonly oldLogProb?: tf.Tensor2D
  /** [rows, steps] log π_ref(token), nats, a constant; needed for a KL term. */
  readonly referenceLogProb?: tf.Tensor2D
  /**
   * [rows, steps] a constant that multiplies what a token's advantage gives, but not its KL or entropy term:
   * importance ratios to what drew the tokens (the reweighter package's `reweightTokens`), `offPolicyMask`,
   * `highEntropyMask`, or their product. Default 1.
   */
  readonly correction?: tf.Tensor2D
  /** [rows, steps] entropy of the policy where the token was drawn, nats; needed for an entropy bonus. */
  readonly entropy?: tf.Tensor2D
  /** [] the weight of the entropy, a constant, where it changes (`adaptiveEntropy`): it replaces the option's. */
  readonly entropyBonus?: tf.Scalar
}

/** The inputs with nothing in them that is not of a live token: 0 elsewhere, all of it [rows, steps]. */
export interface Tokens {
  readonly rows: number
  readonly steps: number
  /** 1 where a token counts */
  readonly live: tf.Tensor2D
  /** 1 where one does that is not ruled out: of these metrics tell */
  readonly told: tf.Tensor2D
  /** [rows, 1] live tokens of a row */
  readonly length: tf.Tensor2D
  readonly logProb: tf.Tensor2D
  /** log π − log π_old, nats */
  readonly logRatio: tf.Tensor2D
  /** log π_ref where it is given, nats */
  readonly reference: tf.Tensor2D
  readonly advantage: tf.Tensor2D
  /** what the input of that name has, or 1 */
  readonly correction: tf.Tensor2D
  /** of the policy where it is given, nats */
  readonly entropy?: tf.Tensor2D
  /** x where a token counts, else 0, whatever stood there. */
  readonly settle: (x: tf.Tensor2D) => tf.Tensor2D
}

/** [rows, steps] of a [rows, 1]. */
export const alongSteps = (x: tf.Tensor2D, steps: number): tf.Tensor2D => tf.tile(x, [1, steps])

/** [rows, 1] Σ over the steps of a row. */
export const perRowSum = (x: tf.Tensor2D): tf.Tensor2D => tf.sum(x, 1, true)

/** [rows, 1] mean over the live steps of a row, of an x that is 0 elsewhere. */
export const perRowMean = (x: tf.Tensor2D, { length }: Pick<Tokens, 'length'>): tf.Tensor2D =>
  tf.div(perRowSum(x), orOne(length))

const byToken = (advantage: tf.Tensor1D | tf.Tensor2D, steps: number): tf.Tensor2D =>
  advantage.rank === 1 ? alongSteps(tf.expandDims(advantage as tf.Tensor1D, 1), steps) : (advantage as tf.Tensor2D)

/**
 * Checks the inputs of a loss and takes out of them what must not be read.
 *
 * @param lostWith [rows, steps] all that is ruled out where tokens are, 1 or 0
 * @throws RangeError for a wrong shape
 */
export const tokensOf = (
  caller: string,
  inputs: PolicyGradientInputs,
  lostWith: (tokens: tf.Tensor2D) => tf.Tensor2D,
): Tokens => {
  const { logProb, mask, advantage, oldLogProb, referenceLogProb, correction, entropy, entropyBonus } = inputs
  checkRank(caller, 'logProb', logProb, ['rows', 'steps'])
  const [rows, steps] = logProb.shape
  for (const [name, x] of Object.entries({ mask, oldLogProb, referenceLogProb, correction, entropy }))
    if (x !== undefined) checkShape(caller, name, x, { rows, steps })
  if (entropyBonus !== undefined) checkShape(caller, 'entropyBonus', entropyBonus, {})
  if (advantage.rank === 1) checkShape(caller, 'advantage', advantage, { rows })
  else checkShape(caller, 'advantage', advantage, { rows, steps })

  const counts = tf.greater<tf.Tensor2D>(tf.cast(mask, 'float32'), 0)
  const live = tf.cast<tf.Tensor2D>(counts, 'float32')
  const settle = (x: tf.Tensor2D): tf.Tensor2D => tf.where(counts, x, tf.zerosLike(live))
  const given = finite(settle(logProb))
  const constant = (x: tf.Tensor2D): tf.Tensor2D => detach(finite(settle(x)))
  // What is not equal to itself is NaN; every device has the comparison.
  const drawn = (old: tf.Tensor2D): tf.Tensor2D => constant(tf.where(tf.equal(old, old), old, given))
  const old = oldLogProb === undefined ? detach(given) : drawn(oldLogProb)
  const reference = referenceLogProb === undefined ? old : constant(referenceLogProb)
  const gain = detach(finite(settle(byToken(advantage, steps)), FAR_REWARD))
  const factor = correction === undefined ? live : constant(correction)
  const surprise = entropy === undefined ? undefined : finite(settle(entropy))
  const infinite = anyRuledOut([given, old, reference, factor, surprise ?? live])
  const lost = lostWith(tf.maximum(infinite, ruledOut(gain, FAR_REWARD)))
  const now = untaught(lost, given)
  return {
    rows,
    steps,
    live,
    told: tf.mul(live, tf.sub(1, lost)),
    length: perRowSum(live),
    logProb: now,
    logRatio: tf.sub(now, old),
    reference,
    advantage: gain,
    correction: factor,
    ...(surprise === undefined ? {} : { entropy: untaught(lost, surprise) }),
    settle,
  }
}
