import { desensitised, logCollision, sequenceLogProbs, spin, spinPerToken, wpoWeight } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { compareCase } from '../compare-case.ts'
import { inFloat32 } from '../comparison.ts'
import { tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, number, numbers } from '../json.ts'
import { shifted } from './fine-tuning.ts'

/** WPO's weight of each sequence, and of the pair that the first two make. */
export const concentration: Formula = ({ inputs, expected }) => {
  const logits = tensor(inputs.logits) as tf.Tensor3D
  const [rows, columns, vocab] = logits.shape
  const collision = logCollision(tf.slice3d(logits, [0, 0, 0], [rows, columns - 1, vocab]))
  const weight = wpoWeight({ ...shifted(logits, inputs), logCollision: collision })
  const [chosen, rejected] = weight.dataSync()
  const comparisons = [
    inFloat32('sequence_weight', weight.dataSync(), expected.sequence_weight),
    inFloat32('pair weight', [chosen * rejected], expected.pair_weight_if_row0_chosen_row1_rejected),
  ]
  return [{ part: '', comparisons }]
}

/** LD-DPO's log-probabilities of one pair. */
export const lengthDesensitised: Formula = ({ inputs, hyper, expected }) => {
  const tokensOf = (json: Json | undefined) => {
    const logProb = tf.tensor2d([numbers(json)])
    return { logProb, mask: tf.onesLike(logProb) }
  }
  const { chosen, rejected } = desensitised(
    { chosen: tokensOf(inputs.chosen_token_logps), rejected: tokensOf(inputs.rejected_token_logps) },
    number(hyper.ld_alpha),
  )
  const comparisons = [
    inFloat32('chosen', chosen.dataSync(), expected.chosen_logp),
    inFloat32('rejected', rejected.dataSync(), expected.rejected_logp),
  ]
  return [{ part: '', comparisons }]
}

/** SPIN of token log-probabilities, summed or as means, with its gradients in the tokens. */
export const selfPlay: Formula = ({ name, inputs, hyper, expected }) => {
  const sums = (side: 'real' | 'generated', logProb: tf.Tensor) =>
    sequenceLogProbs({ logProb: logProb as tf.Tensor2D, mask: tensor(inputs[`${side}_mask`]) as tf.Tensor2D })
  const real = sums('real', tensor(inputs.ref_real_token_logps))
  const generated = sums('generated', tensor(inputs.ref_generated_token_logps))
  const options = { lambda: number(hyper.lambda_) }
  const loss = name.includes('mean') ? spinPerToken(options) : spin(options)
  const parameters = {
    policy_real: tensor(inputs.policy_real_token_logps),
    policy_generated: tensor(inputs.policy_generated_token_logps),
  }
  const comparisons = compareCase(expected, parameters, ({ policy_real, policy_generated }) =>
    loss({
      chosenLogProb: sums('real', policy_real).sum,
      rejectedLogProb: sums('generated', policy_generated).sum,
      referenceChosenLogProb: real.sum,
      referenceRejectedLogProb: generated.sum,
      chosenLength: real.length,
      rejectedLength: generated.length,
    }),
  )
  return [{ part: '', comparisons }]
}
