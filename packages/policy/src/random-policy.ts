import { fold, keyOf } from '@gfnlm/env'
import { type HostTensor, type HostTensors, hostTensor, hostZeros } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { totalmem } from 'node:os'
import type { LoraOptions } from './adapter/lora.ts'
import { architectureOf, parseConfig } from './architectures/architectures.ts'
import { type ConfigJson, positive } from './architectures/config-fields.ts'
import type { DecoderConfig } from './architectures/decoder-config.ts'
import { type Module, modulesOf, tensorsOf } from './architectures/modules.ts'
import { normals } from './normals.ts'
import { type Train, parametersOf } from './parameters-of.ts'
import { type PolicyFault, policyFault } from './policy-fault.ts'
import { type PretrainedPolicy, pretrainedPolicy } from './pretrained-policy.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface RandomPolicyOptions {
  readonly seed: number
  readonly name?: string
  readonly adapter?: LoraOptions
  readonly train?: Train
  readonly tokenizer?: Tokenizer
}

/** Matrices and embeddings N(0, σ), σ smaller where a module adds to the residual stream; norms multiply by 1; biases 0. */
const initialWeights = (config: DecoderConfig, seed: number, sigma: number, shrunk: readonly string[]): HostTensors => {
  const shapes = tensorsOf(config)
  const weight = ({ name, kind }: Module): HostTensor => {
    const shape = shapes.get(`${name}.weight`)!
    const size = shape.reduce((n, d) => n * d, 1)
    if (kind === 'norm') return hostTensor(new Float32Array(size).fill(1 - (config.norm.offset ?? 0)), shape)
    const deviation = shrunk.includes(name.split('.').at(-1)!) ? sigma / Math.sqrt(2 * config.layers) : sigma
    return hostTensor(normals(fold(keyOf(seed), 'weights', name), size, deviation), shape)
  }
  return Object.fromEntries(
    modulesOf(config).flatMap((module) => [
      [`${module.name}.weight`, weight(module)] as const,
      ...(module.bias ? [[`${module.name}.bias`, hostZeros([module.outputs])] as const] : []),
    ]),
  )
}

/** The number of weights, if they fit into this machine's memory as float32. */
const fitting = (config: DecoderConfig): E.Either<PolicyFault, number> => {
  const sizes = [...tensorsOf(config).values()].map((shape) => shape.reduce((n, d) => n * d, 1))
  const weights = sizes.reduce((sum, size) => sum + size, 0)
  const gigabytes = (bytes: number): string => (bytes / 1e9).toPrecision(3)
  return 4 * weights <= totalmem()
    ? E.right(weights)
    : E.left(
        policyFault(
          'ConfigInvalid',
          `config.json asks for ${weights} weights, ${gigabytes(4 * weights)} GB; this machine has ${gigabytes(
            totalmem(),
          )} GB`,
          'Make vocab_size, hidden_size, intermediate_size or the number of layers smaller',
          { weights, memory: totalmem() },
        ),
      )
}

/**
 * A policy of a config.json with weights drawn as Hugging Face initialises them (`initializer_range`, default 0.02):
 * what training from scratch starts with. All weights train unless an adapter is given or `train` says otherwise.
 */
export const randomPolicy = (
  configJson: ConfigJson,
  { seed, name = 'random', adapter, train = adapter === undefined ? 'all' : 'adapter', tokenizer }: RandomPolicyOptions,
): E.Either<PolicyFault, PretrainedPolicy> =>
  pipe(
    E.Do,
    E.bind('config', () => parseConfig(configJson)),
    E.bind('row', () => architectureOf(configJson)),
    E.bind('sigma', () => positive(configJson, 'initializer_range', 0.02)),
    E.chainFirst(({ config }) => fitting(config)),
    E.bind('parameters', ({ config, row, sigma }) =>
      parametersOf(config, initialWeights(config, seed, sigma, row.shrunkAtInit ?? []), adapter, train),
    ),
    E.map(({ config, parameters }) => pretrainedPolicy({ name, config, configJson, tokenizer, ...parameters })),
  )
