import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import type { Keepable } from '../kept-rows.ts'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { type BradleyTerryOptions, bradleyTerry } from './bradley-terry.ts'

export interface ClassifiedPairs extends Keepable {
  /** [rows, 2] logits of the preferred completion of each pair: bad, good */
  readonly chosen: tf.Tensor2D
  /** [rows, 2] logits of the other */
  readonly rejected: tf.Tensor2D
}

/**
 * Bradley–Terry on a two-class head: the score of a completion is the logit of its second class.
 *
 *   term = −log σ(z_w[1] − z_l[1]) + c (z_w[1] + z_l[1])²
 *
 * What HALOs trains (`AutoModelForBradleyTerry`), so that a sequence classifier of two labels serves as it is; the
 * first logit is not learned.
 *
 * @param options.centring c; default 0
 * @returns terms [rows], nats. Metrics: those of `bradleyTerry`
 * @throws RangeError for a wrong shape or a negative c
 * @see HALOs, BradleyTerryTrainer
 * @example reduce(twoLogitBradleyTerry()({ chosen, rejected }), weight)
 */
export const twoLogitBradleyTerry = (options: BradleyTerryOptions = {}): ((pairs: ClassifiedPairs) => Terms) => {
  const loss = bradleyTerry(optionsOf('twoLogitBradleyTerry', options, { centring: 0 }))
  return ({ chosen, rejected, ...kept }) => {
    const rows = chosen.shape[0]
    const good = (argument: string, logits: tf.Tensor2D): tf.Tensor1D => {
      checkShape('twoLogitBradleyTerry', argument, logits, { rows, logits: 2 })
      return tf.reshape(tf.slice2d(logits, [0, 1], [rows, 1]), [rows])
    }
    return loss({ chosen: good('chosen', chosen), rejected: good('rejected', rejected), ...kept })
  }
}
