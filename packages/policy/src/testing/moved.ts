import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { type LoraOptions, lora } from '../adapter/lora.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { randomPolicy } from '../random-policy.ts'
import { type Config, rightOf } from './small-models.ts'

/** Tensors of some names with a wave added that nothing in a model is symmetric to. */
export const waved = (tensors: HostTensors, names: RegExp, height: number): HostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      names.test(name)
        ? hostTensor(
            Float32Array.from(tensor.data, (x, i) => x + height * Math.sin(i + name.length)),
            tensor.shape,
          )
        : tensor,
    ]),
  )

/** A random policy with an adapter that does something, and biases and norms that are not what they begin as. */
export const movedPolicy = (config: Config, adapter: LoraOptions = lora({ r: 2 })): PretrainedPolicy => {
  const policy = rightOf(randomPolicy(config, { seed: 3, adapter }))
  return {
    ...policy,
    constants: waved(policy.constants, /\.bias$|norm\.weight$|ln_\w\.weight$/, 0.5),
    trainable: waved(policy.trainable, /lora_B|magnitude/, 0.3),
  }
}
