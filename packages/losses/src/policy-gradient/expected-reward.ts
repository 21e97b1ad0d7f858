import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { FAR_REWARD, finite, ruledOut, untaught } from '../ruled-out.ts'
import { sequenceMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'

export interface ExpectedRewardInputs {
  /** [rows, outcomes] logits of everything there is to answer */
  readonly logits: tf.Tensor2D
  /** [rows, outcomes] r(x, y) of every answer; a constant. Not read where the probability is 0. */
  readonly reward: tf.Tensor2D
}

/** Mean and deviation of the reward of each input under the policy: both [rows]. */
export interface RewardMoments {
  readonly mean: tf.Tensor1D
  readonly deviation: tf.Tensor1D
}

const checked = (caller: string, { logits, reward }: ExpectedRewardInputs): void => {
  checkRank(caller, 'logits', logits, ['rows', 'outcomes'])
  checkShape(caller, 'reward', reward, { rows: logits.shape[0], outcomes: logits.shape[1] })
}

/**
 * What a policy over a few answers expects of each input: V = Σ_y p(y) r(y) and the deviation √Σ_y p(y) (r(y) − V)².
 *
 * The deviation bounds the gradient: for L output tokens and logits whose Jacobian has norm γ, ‖∇V‖ ≤ γ √L · deviation,
 * so that an input whose answers are worth alike teaches nothing, however wrong they are (Razin et al. 2024).
 *
 * @throws RangeError for a wrong shape
 */
export const rewardMoments = (inputs: ExpectedRewardInputs): RewardMoments => {
  checked('rewardMoments', inputs)
  const { mean, deviation } = momentsOf(inputs)
  return { mean, deviation }
}

/** The same, and which inputs are not ruled out by the reward of an answer that may be given: [rows] 1 or 0. */
const momentsOf = ({ logits, reward }: ExpectedRewardInputs): RewardMoments & { readonly told: tf.Tensor1D } => {
  const given = tf.softmax(finite(logits))
  // 0 · −∞ is not 0, and neither is its derivative.
  const worth = finite(tf.where(tf.greater(given, 0), reward, tf.zerosLike(reward)), FAR_REWARD)
  const lost: tf.Tensor2D = tf.max(ruledOut(worth, FAR_REWARD), 1, true)
  const p = untaught(lost, given)
  const mean: tf.Tensor1D = tf.sum(tf.mul(p, worth), 1)
  const off = tf.sub(worth, tf.expandDims(mean, 1))
  const deviation: tf.Tensor1D = tf.sqrt(tf.sum(tf.mul(p, tf.square(off)), 1))
  return { mean, deviation, told: tf.sub(1, tf.squeeze<tf.Tensor1D>(lost, [1])) }
}

/**
 * The expected reward of answers that can be written down, with its exact gradient: a policy gradient that explored
 * everything.
 *
 *   term = −Σ_y p(y | x) r(x, y),   ∂term / ∂logit_k = −p_k (r_k − V),   loss = mean over inputs
 *
 * The `expected_reinforce` of ml-rlgrad. What sampled REINFORCE estimates, without its variance; where it vanishes no
 * sampling helps.
 *
 * @param inputs see ExpectedRewardInputs: [rows, outcomes]
 * @returns terms [rows], −V; metrics reward (the mean of V), reward_std (the mean over inputs of the deviation)
 * @throws RangeError for a wrong shape
 * @see Razin et al. 2024, "Vanishing gradients in reinforcement finetuning", arXiv:2310.20703; apple/ml-rlgrad
 * @example reduce(expectedReward()({ logits, reward: tf.sub(tf.mul(2, tf.oneHot(labels, 10)), 1) }), weight)
 */
export const expectedReward = (): ((inputs: ExpectedRewardInputs) => Terms) => (inputs) => {
  checked('expectedReward', inputs)
  const { mean, deviation, told } = momentsOf(inputs)
  const over = (x: tf.Tensor1D): tf.Scalar => tf.sum(tf.mul(sequenceMean(told).share, x))
  return {
    terms: tf.neg(mean),
    ...sequenceMean(tf.onesLike(mean)),
    metrics: { reward: over(mean), reward_std: over(deviation) },
  }
}
