import '@tensorflow/tfjs-backend-cpu'
import { hostTensor, type HostTensors } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { dora, lora } from '../adapter/lora.ts'
import { mergedWeight } from '../adapter/merge.ts'
import { loraScaleOf } from '../adapter/adapted-modules.ts'
import { modulesOf } from '../architectures/modules.ts'
import type { Tensors } from '../policy.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { apart, leftPadded } from '../testing/eager.ts'
import { slopeErrors } from '../testing/finite-differences.ts'
import { SMALL_GPT2, SMALL_LLAMA, rightOf } from '../testing/small-models.ts'
import { linear } from './linear.ts'
import type { Model } from './parameters.ts'

beforeAll(() => tf.setBackend('cpu'))

/** base + size · sin(rate · i + start): weights anyone can write down. */
const wave = (shape: readonly number[], rate: number, start: number, size: number, base = 0): tf.Tensor => {
  const n = shape.reduce((product, d) => product * d, 1)
  return tf.tensor(
    Float32Array.from({ length: n }, (_, i) => base + size * Math.sin(rate * i + start)),
    [...shape],
  )
}

// PEFT's Linear.forward with its DoraLinearLayer, transcribed to PyTorch 1.13 in float64 (weight-norm detached), on
// x [2, 3] = wave(0.7, 0.5, 1), W [4, 3] = wave(1.7, 1, 0.5), b = wave(0.5, 0, 0.2), A [2, 3] = wave(1.3, 2, 0.5),
// B [4, 2] = wave(0.9, 3, 0.4), m = wave(1, 0, 0.3, 1), alpha 3 and r 2 under rank stabilisation; gradients of Σ y².
const EXPECTED = {
  dora: {
    y: [-0.489229, 0.863253, 1.224705, -0.576123, 0.918544, -0.789264, -0.942717, 0.288803],
    a: [-0.37963, -4.851706, -7.041948, -0.155323, 1.305634, 2.152532],
    b: [3.213782, -3.275509, -7.107932, 8.572833, -5.673873, 7.138691, 4.101948, -5.717677],
    m: [2.166138, 2.173432, 3.678789, 0.906895],
  },
  lora: {
    y: [-0.472402, 0.449827, 0.947203, -0.095336, 0.88695, -0.312382, -0.650873, 0.233446],
    a: [0.133855, -0.59227, -1.039841, -0.115831, 1.781559, 2.841054],
    b: [2.996499, -3.054054, -1.447046, 1.866976, -3.02879, 3.917781, 0.748607, -0.722866],
    m: undefined,
  },
}

describe.each(['out-in', 'in-out'] as const)('an adapted linear map kept as [%s]', (orientation) => {
  it.each(['lora', 'dora'] as const)("is PEFT's in value and gradient: %s", (kind) => {
    tf.tidy(() => {
      const weight = wave([4, 3], 1.7, 1, 0.5)
      const answer = (a: tf.Tensor, b: tf.Tensor, m?: tf.Tensor): tf.Tensor2D => {
        const tensors: Readonly<Record<string, tf.Tensor | undefined>> = {
          'm.weight': orientation === 'out-in' ? weight : tf.transpose(weight),
          'm.bias': wave([4], 0.5, 0, 0.2),
          'm.lora_A.weight': a,
          'm.lora_B.weight': b,
          'm.lora_magnitude_vector': m,
        }
        const scale = loraScaleOf({ kind, r: 2, alpha: 3, rslora: true, targets: ['m'] })
        const model: Pick<Model, 'find' | 'loraScale'> = { find: (name) => tensors[name], loraScale: scale }
        return linear(model as Model, 'm', wave([2, 3], 0.7, 0.5, 1) as tf.Tensor2D, orientation)
      }
      const learned = [wave([2, 3], 1.3, 2, 0.5), wave([4, 2], 0.9, 3, 0.4)]
      if (kind === 'dora') learned.push(wave([4], 1, 0, 0.3, 1))
      const [a, b, m] = learned
      const { y, ...gradients } = EXPECTED[kind]
      expect(apart(answer(a!, b!, m).arraySync(), y)).toBeLessThan(2e-6)
      const grads = tf.grads((...given: tf.Tensor[]) => tf.sum(tf.square(answer(given[0]!, given[1]!, given[2]))))(
        learned,
      )
      grads.forEach((grad, i) =>
        expect(apart(grad.arraySync(), [gradients.a, gradients.b, gradients.m][i]), `gradient ${i}`).toBeLessThan(1e-5),
      )
    })
  })
})

/** ‖W + scale · B · A‖ of each output, in float64, by another road than the decoder's: the merged weight's rows. */
const normsOf = (policy: PretrainedPolicy, parameters: HostTensors, name: string): number[] => {
  const module = modulesOf(policy.config).find((m) => m.name === name)!
  const whole = mergedWeight(module, policy.constants[`${name}.weight`]!, {
    a: parameters[`${name}.lora_A.weight`]!,
    b: parameters[`${name}.lora_B.weight`]!,
    scale: loraScaleOf(policy.adapter)(name),
  }).data
  return Array.from({ length: module.outputs }, (_, o) =>
    Math.hypot(
      ...Array.from({ length: module.inputs }, (__, i) =>
        module.orientation === 'out-in' ? whole[o * module.inputs + i]! : whole[i * module.outputs + o]!,
      ),
    ),
  )
}

describe.each([
  ['llama', SMALL_LLAMA, 'q_proj'],
  ['gpt2', SMALL_GPT2, 'c_fc'],
])('in a small %s', (_, config, target) => {
  const moved = (policy: PretrainedPolicy): HostTensors =>
    Object.fromEntries(
      Object.entries(policy.trainable).map(([name, { data, shape }]) => [
        name,
        hostTensor(
          Float32Array.from(data, (value, i) => value * (1 + 0.2 * Math.cos(i)) + 0.1 * Math.sin(i)),
          shape,
        ),
      ]),
    )
  const lossOf =
    (policy: PretrainedPolicy) =>
    (frozen: Tensors, given: Tensors): tf.Scalar =>
      tf.mean(
        tf.square(
          policy.logits(
            frozen,
            given,
            leftPadded(
              [
                [1, 2, 3, 4],
                [5, 6],
              ],
              0,
            ),
            { start: 2, count: 2 },
          ),
        ),
      )

  it.each([
    ['LoRA', lora({ r: 2, targets: [target], rslora: true })],
    ['DoRA with its norms held', dora({ r: 2, targets: [target] })],
  ])('%s has the gradient of finite differences, compiled and eager', async (__, adapter) => {
    const policy = rightOf(randomPolicy(config, { seed: 2, adapter }))
    const parameters = moved(policy)
    const modules = Object.keys(parameters).flatMap((name) => /^(.*)\.lora_magnitude_vector$/.exec(name)?.[1] ?? [])
    const before = new Map(modules.map((name) => [name, normsOf(policy, parameters, name)]))
    // A magnitude that grows as the norm does is a norm that stays.
    const held = (now: HostTensors): HostTensors => ({
      ...now,
      ...Object.fromEntries(
        modules.map((name) => {
          const after = normsOf(policy, now, name)
          const { data, shape } = now[`${name}.lora_magnitude_vector`]!
          const kept = Float32Array.from(data, (m, o) => (m * after[o]!) / before.get(name)![o]!)
          return [`${name}.lora_magnitude_vector`, hostTensor(kept, shape)]
        }),
      ),
    })
    for (const device of ['cpu', 'tfjs:cpu'] as const) {
      const errors = await slopeErrors(lossOf(policy), policy.constants, parameters, { device, following: held })
      expect(Object.keys(errors)).toHaveLength(Object.keys(policy.trainable).length)
      for (const [name, error] of Object.entries(errors)) expect(error, `${device} ${name}`).toBeLessThan(0.01)
    }
  })
})
