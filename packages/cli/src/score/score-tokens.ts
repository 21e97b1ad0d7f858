import { type Fault, fault } from '@gfnlm/env'
import { type Device, hostTensor, jit, tokenLogProbs } from '@gfnlm/jit'
import { type Policy, inVocabulary } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import * as TE from 'fp-ts/lib/TaskEither.js'

const asFault = (cause: unknown): Fault => cause as Fault

/**
 * log p(token | tokens before it) of each token after the first, nats.
 *
 * @param tokens at least one, at most the model's context
 * @returns [tokens.length − 1]
 */
export const scoreTokens = (
  policy: Policy,
  tokens: Int32Array,
  device: Device = 'cpu',
): TE.TaskEither<Fault, Float32Array> => {
  const steps = tokens.length - 1
  if (steps < 0) return TE.left(fault('TextEmpty', 'the text has no tokens', 'Give some text'))
  if (tokens.length > policy.contextLength)
    return TE.left(
      fault(
        'TextTooLong',
        `the text has ${tokens.length} tokens, the model takes ${policy.contextLength}`,
        'Score it in pieces',
        { tokens: tokens.length },
      ),
    )
  if (steps === 0) return TE.right(new Float32Array(0))
  const run = jit(
    ({ ids }: { ids: tf.Tensor2D }, constants) => {
      const input = { tokens: tf.slice2d(ids, [0, 0], [1, steps]), pad: tf.zeros([1], 'int32') as tf.Tensor1D }
      const logits = policy.logits(constants, null, input, { start: 0, count: steps })
      const next = tf.reshape(tf.slice2d(ids, [0, 1], [1, steps]), [steps, 1]) as tf.Tensor2D
      return { logProbs: tokenLogProbs(tf.reshape(logits, [steps, policy.vocabSize]) as tf.Tensor2D, next) }
    },
    { device, constants: policy.constants },
  )
  return TE.tryCatch(async () => {
    const { tokens: ids } = inVocabulary(policy, { tokens: hostTensor(tokens, [1, tokens.length]) })
    const { logProbs } = await run({ ids })
    await run.dispose()
    const scores = logProbs.data as Float32Array
    const bad = scores.findIndex((x) => Number.isNaN(x))
    if (bad >= 0)
      throw fault(
        'ModelNotFinite',
        `${policy.name} gives token ${bad + 1} of the text a log-probability that is not a number`,
        'Its weights hold NaN or infinity: download or train it again',
        { token: bad + 1 },
      )
    return scores
  }, asFault)
}
