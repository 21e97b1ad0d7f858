import type { HostTensors } from '@gfnlm/jit'
import { modulesOf } from '../architectures/modules.ts'
import { type PretrainedPolicy, pretrainedPolicy } from '../pretrained-policy.ts'
import { weightOf } from '../quantize/quantize-weights.ts'
import { loraScaleOf } from './adapted-modules.ts'
import { mergedWeights } from './merge.ts'

/**
 * A policy without adapter whose frozen weights are another's with its adapter merged: a new base, for a new adapter or
 * for decoding at the price of the base. A weight is merged whenever its elements are asked for.
 */
export const mergedPolicy = (
  { name, config, configJson, constants, adapter, modelDirectory, tokenizer }: PretrainedPolicy,
  trainable: HostTensors,
): PretrainedPolicy => {
  const kept = modulesOf(config).filter((module) => weightOf(module, constants) !== undefined)
  return pretrainedPolicy({
    name,
    config,
    configJson,
    modelDirectory,
    tokenizer,
    constants: mergedWeights(kept, constants, trainable, loraScaleOf(adapter)),
    trainable: {},
  })
}
