import type { Tensor } from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { Tensors } from '../policy.ts'

/** What multiplies the B · A of a module: alpha / r of its adapter. */
export type LoraScale = (module: string) => number

/** What a forward reads: the configuration and the parameters by name. */
export interface Model {
  readonly config: DecoderConfig
  readonly loraScale: LoraScale
  readonly find: (name: string) => Tensor | undefined
}

/** The newest trainable parameters where there are any, the frozen ones elsewhere. */
export const modelOf = (
  config: DecoderConfig,
  loraScale: LoraScale,
  constants: Tensors,
  trainable: Tensors | null,
): Model => ({ config, loraScale, find: (name) => trainable?.[name] ?? constants[name] })

/** A parameter that loading has made sure of. */
export const parameter = <T extends Tensor>({ find }: Model, name: string): T => {
  const found = find(name)
  if (found === undefined) throw new Error(`the parameter ${name} was not given to the compiled function`)
  return found as T
}
