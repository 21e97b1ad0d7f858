import type { Either } from 'fp-ts/lib/Either.js'
import type { PolicyFault } from '../policy-fault.ts'
import type { ConfigJson } from './config-fields.ts'
import type { Activation, DecoderConfig } from './decoder-config.ts'

/** A row of the table of architectures. */
export interface Architecture {
  /** Reads config.json; whatever it asks for that the decoder does not compute is a fault naming the field. */
  readonly parse: (json: ConfigJson) => Either<PolicyFault, DecoderConfig>
  /** The projections that LoRA adapts unless told otherwise. */
  readonly loraTargets: readonly string[]
  /** The canonical name of a tensor that some files name otherwise. */
  readonly canonical?: (name: string) => string
  /** Of a family with more than a language model: what that is by itself, as which it is saved. */
  readonly alone?: { readonly config: (json: ConfigJson) => ConfigJson; readonly name: (tensor: string) => string }
  /** Linear modules whose initial weights are divided by √(2 · layers), as they add to the residual stream. */
  readonly shrunkAtInit?: readonly string[]
}

/** Activations by the names that config.json files use. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
}
