import type { Tensor } from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { Tensors } from '../policy.ts'

/** What a forward reads: the configuration and the parameters by name. */
export interface Model {
  readonly config: DecoderConfig
  /** alpha / r of the adapter. */
  readonly loraScale: number
  readonly find: (name: string) => Tensor | undefined
}

/** The newest trainable parameters where there are any, the frozen ones elsewhere. */
export const modelOf = (
  config: DecoderConfig,
  loraScale: number,
  constants: Tensors,
  trainable: Tensors | null,
): Model => ({ config, loraScale, find: (name) => trainable?.[name] ?? constants[name] })

/** A parameter that loading has made sure of. */
export const parameter = <T extends Tensor>({ find }: Model, name: string): T => {
  const found = find(name)
  if (found === undefined) throw new Error(`the parameter ${name} was not given to the compiled function`)
  return found as T
}
