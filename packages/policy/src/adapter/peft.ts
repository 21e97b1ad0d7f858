import type { HostTensor, HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Module, modulesOf } from '../architectures/modules.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { readJson } from '../read-json.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { writeJson } from '../write-beside.ts'
import { type LoraConfig, targetedModules } from './lora.ts'
import { parsePeftConfig, peftConfig } from './peft-config.ts'

const CONFIG = 'adapter_config.json'
const TENSORS = 'adapter_model.safetensors'
/** PEFT names tensors as its own wrapper around the model sees them. */
const PREFIX = 'base_model.model.'
const AGAIN = 'Save the adapter again with PEFT or this library, for this model'

/** An adapter and its parameters, named `<module>.lora_A.weight` [r, in] and `<module>.lora_B.weight` [out, r]. */
export interface Adapter {
  readonly adapter: LoraConfig
  readonly tensors: HostTensors
}

/** Writes an adapter as PEFT does. Other trainable tensors (a value head, log Z) are not part of it. */
export const writePeft = (
  directory: string,
  { adapter, tensors }: Adapter,
  config: DecoderConfig,
  baseModel: string,
): TE.TaskEither<PolicyFault, void> => {
  const own = Object.entries(tensors).filter(([name]) => /\.lora_[AB]\.weight$/.test(name))
  return pipe(
    writeSafetensors(
      join(directory, TENSORS),
      Object.fromEntries(own.map(([name, tensor]) => [PREFIX + name, tensor])),
    ),
    TE.chain(() => writeJson(join(directory, CONFIG), peftConfig(adapter, baseModel, config.weights === 'in-out'))),
  )
}

/** Checks the tensors of an adapter against the modules they adapt, and puts them in the order of the forward. */
const fitted = (
  path: string,
  modules: readonly Module[],
  r: number,
  found: HostTensors,
): E.Either<PolicyFault, HostTensors> => {
  const bad = (what: string, tensor: string): E.Either<PolicyFault, never> =>
    E.left(policyFault('AdapterInvalid', `${path}: ${what}`, AGAIN, { path, tensor }))
  const fit: [string, HostTensor][] = []
  for (const { name, inputs, outputs } of modules)
    for (const [part, shape] of [
      ['lora_A', [r, inputs]],
      ['lora_B', [outputs, r]],
    ] as const) {
      const tensor = `${PREFIX}${name}.${part}.weight`
      const value = found[tensor]
      if (value === undefined) return bad(`there is no tensor "${tensor}"`, tensor)
      if (value.dtype !== 'float32' || value.shape.join() !== shape.join())
        return bad(
          `tensor "${tensor}" is ${value.dtype} [${value.shape.join(', ')}], the model needs float32 [${shape.join(
            ', ',
          )}]`,
          tensor,
        )
      fit.push([`${name}.${part}.weight`, value])
    }
  const strange = Object.keys(found).find((tensor) => !fit.some(([name]) => PREFIX + name === tensor))
  return strange === undefined
    ? E.right(Object.fromEntries(fit))
    : bad(`tensor "${strange}" adapts no module of the model`, strange)
}

/** Reads a PEFT adapter of a model, checked tensor by tensor. */
export const readPeft = (directory: string, config: DecoderConfig): TE.TaskEither<PolicyFault, Adapter> =>
  pipe(
    TE.Do,
    TE.bind('json', () =>
      readJson(
        join(directory, CONFIG),
        { missing: 'ModelNotFound', corrupt: 'AdapterInvalid' },
        `Name a directory with ${CONFIG} and ${TENSORS}`,
      ),
    ),
    TE.bind('read', ({ json }) => TE.fromEither(parsePeftConfig(join(directory, CONFIG), json))),
    TE.bind('found', () => readSafetensors(join(directory, TENSORS))),
    TE.chainEitherK(({ read, found }) => {
      // A pattern instead of a list: the adapted modules are those that have tensors.
      const adapted = modulesOf(config).filter(({ name }) => found[`${PREFIX}${name}.lora_A.weight`] !== undefined)
      const targets = read.targets ?? [...new Set(adapted.map(({ name }) => name.split('.').at(-1)!))]
      return pipe(
        targetedModules(config, targets),
        E.chain((modules) =>
          fitted(join(directory, TENSORS), read.targets === undefined ? adapted : modules, read.r, found),
        ),
        E.map((tensors) => ({ adapter: { ...read, targets }, tensors })),
      )
    }),
  )
