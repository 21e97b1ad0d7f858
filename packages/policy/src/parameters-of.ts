import type { HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { type Adapter, fitsBase } from './adapter/adapter.ts'
import type { LoraConfig } from './adapter/lora-config.ts'
import { type LoraOptions, newAdapter } from './adapter/lora.ts'
import type { DecoderConfig } from './architectures/decoder-config.ts'
import { isQuantized } from './quantize/quantize-weights.ts'
import { type PolicyFault, policyFault } from './policy-fault.ts'

/** Which parameters train: a new or loaded adapter's, all weights, or none. */
export type Train = 'adapter' | 'all' | 'none'

export interface Parameters {
  readonly constants: HostTensors
  readonly trainable: HostTensors
  readonly adapter?: LoraConfig | undefined
}

/**
 * Divides weights and adapter into what is frozen and what trains. The frozen side always holds all weights, since
 * it is the reference that `trainable = null` asks for; an adapter that does not train belongs to it.
 */
export const parametersOf = (
  config: DecoderConfig,
  weights: HostTensors,
  given: LoraOptions | Adapter | undefined,
  train: Train = given === undefined ? 'none' : 'adapter',
): E.Either<PolicyFault, Parameters> => {
  if (given === undefined)
    return train === 'adapter'
      ? E.left(
          policyFault(
            'AdapterInvalid',
            "train is 'adapter' but there is none",
            'Add adapter: lora(), or a directory with one',
          ),
        )
      : train === 'all' && isQuantized(weights)
        ? E.left(
            policyFault(
              'QuantizationInvalid',
              "train is 'all' but the weights are quantised",
              'Train an adapter: lora(), or leave quantize out',
            ),
          )
        : E.right({ constants: weights, trainable: train === 'all' ? weights : {} })
  if (train === 'all')
    return E.left(
      policyFault(
        'AdapterInvalid',
        "train is 'all' but an adapter is given",
        "Leave the adapter out, or train 'adapter'",
      ),
    )
  const made = 'tensors' in given ? E.map(() => given)(fitsBase(given, weights)) : newAdapter(config, weights, given)
  return E.map(({ adapter, tensors }: Adapter): Parameters =>
    train === 'none'
      ? { constants: { ...weights, ...tensors }, trainable: {}, adapter }
      : { constants: weights, trainable: tensors, adapter },
  )(made)
}
