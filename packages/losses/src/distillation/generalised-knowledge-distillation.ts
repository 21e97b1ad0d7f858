import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { optionsOf } from '../options-of.ts'
import { finite, nothingLeft, untaught, withSoftmax } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { type Divergence, forwardKL, jensenShannon, reverseKL } from './divergence.ts'

export interface DistillationInputs {
  /** [rows, steps, vocab] the student's next-token logits. Anything where the mask is 0, NaN included. */
  readonly student: tf.Tensor3D
  /** [rows, steps, vocab] the teacher's, of the same vocabulary; a constant */
  readonly teacher: tf.Tensor3D
  /** [rows, steps] 1 where a token is to be learned (0: prompt, padding) */
  readonly mask: tf.Tensor2D
}

export interface DistillationOptions {
  /** β, from 0 to 1; default 0.5, the Jensen–Shannon divergence. */
  readonly beta?: number
  /** Divides both logits; default 1. The loss is not multiplied by its square. */
  readonly temperature?: number
  /** How the tokens share the loss; default `tokenMean`. */
  readonly sharing?: Sharing
}

const divergenceOf = (beta: number): Divergence =>
  beta === 0 ? forwardKL : beta === 1 ? reverseKL : jensenShannon(beta)

/**
 * Generalised knowledge distillation: how far a student's next-token distributions are from its teacher's, at tokens
 * of a data set or, on policy, of the student's own completions.
 *
 *   term = β KL(T‖M) + (1 − β) KL(S‖M),   M = (1 − β) S + β T
 *   β = 0: KL(T‖S) (covers what the teacher does),   β = 1: KL(S‖T) (keeps to what the teacher does)
 *
 * S and T are softmaxes of logits / temperature. The two ends are TRL's by definition, not limits: the formula itself
 * goes to 0 there, as β KL(T‖S) and (1 − β) KL(S‖T). Between them the term is finite whatever a logit of −∞ rules out;
 * at the ends it is taken for 1e6 nats, a constant, where one rules out what the other does not. Where all logits of
 * either are −∞ they are taken to be alike, and the term is a constant, too.
 *
 * @param options.beta        from 0 to 1; default 0.5
 * @param options.temperature above 0; default 1
 * @param options.sharing     how the tokens share the loss; default `tokenMean` (torch's batchmean)
 * @returns terms [rows, steps], nats. Metrics: tokens, how many were learned from
 * @throws RangeError for a wrong shape or option
 * @see Agarwal et al. 2024, arXiv:2306.13649; TRL GKDTrainer.generalized_jsd_loss
 * @example reduce(generalisedKnowledgeDistillation({ beta: 1 })({ student, teacher, mask }), weight)
 */
export const generalisedKnowledgeDistillation = (
  options: DistillationOptions = {},
): ((inputs: DistillationInputs) => Terms) => {
  const { beta, temperature, sharing } = optionsOf('generalisedKnowledgeDistillation', options, {
    beta: 0.5,
    temperature: 1,
    sharing: tokenMean,
  })
  if (!(beta >= 0 && beta <= 1))
    throw new RangeError(`generalisedKnowledgeDistillation: beta must be from 0 to 1, found ${beta}`)
  if (!(temperature > 0 && temperature < Infinity))
    throw new RangeError(`generalisedKnowledgeDistillation: temperature must be above 0, found ${temperature}`)
  const divergence = divergenceOf(beta)
  return ({ student, teacher, mask }) => {
    checkRank('generalisedKnowledgeDistillation', 'student', student, ['rows', 'steps', 'vocab'])
    const [rows, steps, vocab] = student.shape
    checkShape('generalisedKnowledgeDistillation', 'teacher', teacher, { rows, steps, vocab })
    checkShape('generalisedKnowledgeDistillation', 'mask', mask, { rows, steps })
    const learned = tf.greater(tf.cast(mask, 'float32'), 0)
    const known = tf.tile(tf.reshape(learned, [rows * steps, 1]), [1, vocab])
    const [own, target] = [student, teacher].map((logits) => {
      const flat: tf.Tensor2D = tf.reshape(logits, [rows * steps, vocab])
      return tf.where(known, flat, tf.zerosLike(flat))
    })
    const lost = tf.maximum(nothingLeft(own), nothingLeft(target))
    const tempered = (logits: tf.Tensor2D): tf.Tensor2D => tf.div(withSoftmax(logits), temperature)
    return {
      terms: finite(tf.reshape(divergence(tempered(untaught(lost, own)), tempered(target)), [rows, steps])),
      ...sharing(mask),
      metrics: { tokens: tf.sum(tf.cast(learned, 'float32')) },
    }
  }
}
