import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { tensorsOf } from '../architectures/modules.ts'
import { pretrainedPolicy } from '../pretrained-policy.ts'
import { apart, eagerLogProbs } from '../testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

beforeAll(() => tf.setBackend('cpu'))

/** Weights anyone can write down: sin(1.7 i + sum of the name's character codes), halved; 1 + 0.2 of it for norms. */
const formulaic = (shapes: ReadonlyMap<string, readonly number[]>): HostTensors =>
  Object.fromEntries(
    [...shapes].map(([name, shape]) => {
      const offset = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
      const isScale = /(norm|ln_).*weight$/.test(name)
      const data = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => {
        const wave = Math.sin(1.7 * i + offset)
        return isScale ? 1 + 0.2 * wave : 0.5 * wave
      })
      return [name, hostTensor(data, shape)]
    }),
  )

// A direct transcription of both models into PyTorch 1.13, float64, on the same weights: log p of each next token.
it.each([
  ['gpt2', SMALL_GPT2, [-2.241273, -0.970189, -0.957553, -2.222495, -2.965229]],
  ['llama', SMALL_LLAMA, [-2.050524, -2.426527, -1.722793, -2.468843, -2.450197]],
])('%s scores as PyTorch does', (name, configJson, expected) => {
  const config = rightOf(parseConfig(configJson))
  const policy = pretrainedPolicy({
    name,
    config,
    configJson,
    constants: formulaic(tensorsOf(config)),
    trainable: {},
  })
  expect(apart(eagerLogProbs(policy, [1, 2, 3, 4, 5, 9]), expected)).toBeLessThan(2e-5)
})
