import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { tensorsOf } from '../architectures/modules.ts'
import { pretrainedPolicy } from '../pretrained-policy.ts'
import { apart, eagerLogProbs } from '../testing/eager.ts'
import { type Config, SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'

beforeAll(() => tf.setBackend('cpu'))

const CONFIGS: Readonly<Record<string, Config>> = { 'GPT-2': SMALL_GPT2, Llama: SMALL_LLAMA, ...SMALL_FAMILIES }

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

// A direct transcription of the models into PyTorch 1.13, float64, on the same weights: log p of each next token.
it.each([
  ['GPT-2', [-2.241273, -0.970189, -0.957553, -2.222495, -2.965229]],
  ['Llama', [-2.050524, -2.426527, -1.722793, -2.468843, -2.450197, -3.490446, -2.613864]],
  ['Llama 3', [-2.050524, -2.427508, -1.790828, -2.47198, -2.351566, -3.45408, -2.617503]],
  ['Mistral', [-2.050524, -2.426527, -1.722793, -2.467171, -2.399919, -3.431643, -2.60747]],
  ['Qwen 2', [-4.060292, -9.165513, -2.747948, -8.453257, -1.257819, -3.551055, -0.88833]],
  ['Qwen 3', [-2.050524, -2.417714, -1.592669, -2.467115, -1.952779, -5.701802, -2.593557]],
  ['Gemma 2', [-2.419831, -6.689487, -1.968017, -7.099897, -1.642446, -6.60152, -1.343086]],
  ['Gemma 3', [-4.109952, -10.578556, -3.471454, -10.301701, -1.503257, -9.611612, -0.980779]],
  ['Phi 3', [-2.037657, -7.700933, -1.965667, -7.799506, -2.015527, -6.265051, -1.251711]],
])('%s scores as PyTorch does', (name, expected) => {
  const configJson = CONFIGS[name]!
  const config = rightOf(parseConfig(configJson))
  const policy = pretrainedPolicy({
    name,
    config,
    configJson,
    constants: formulaic(tensorsOf(config)),
    trainable: {},
  })
  const tokens = [1, 2, 3, 4, 5, 9, 0, 7].slice(0, expected.length + 1)
  expect(apart(eagerLogProbs(policy, tokens), expected)).toBeLessThan(2e-5)
})
