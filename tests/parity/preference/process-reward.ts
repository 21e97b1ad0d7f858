import { processReward } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { compareCase } from '../compare-case.ts'
import { tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'

/** Token classification at the ends of steps, with its gradient. */
export const processRewardLoss: Formula = ({ inputs, expected }) => {
  const label = tensor(inputs.labels) as tf.Tensor2D
  const parameters = { logits: tensor(inputs.logits) }
  const loss = ({ logits }: { readonly [name: string]: tf.Tensor }) =>
    processReward()({ logits: logits as tf.Tensor3D, label })
  return [{ part: '', comparisons: compareCase(expected, parameters, loss) }]
}

/** Accuracy over the steps that have a label. */
export const processRewardAccuracy: Formula = ({ inputs, expected }) => {
  const { metrics } = processReward()({
    logits: tensor(inputs.predictions) as tf.Tensor3D,
    label: tensor(inputs.labels) as tf.Tensor2D,
  })
  return [{ part: '', comparisons: [inFloat32('accuracy', metrics.accuracy.dataSync(), expected.accuracy)] }]
}
