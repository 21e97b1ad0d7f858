import type { HostTensor, HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as R from 'fp-ts/lib/Record.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { SCORE_WEIGHT } from '../heads/score-head.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { readJson } from '../read-json.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { writeJson } from '../write-beside.ts'
import { type Adapter, fittedTensors } from './adapter.ts'
import type { LoraConfig } from './lora-config.ts'
import { PEFT_FIELDS, parsePeftConfig, peftConfig, savesScore } from './peft-config.ts'

const CONFIG = 'adapter_config.json'
const TENSORS = 'adapter_model.safetensors'
/** PEFT names tensors as its own wrapper around the model sees them. */
const PREFIX = 'base_model.model.'
const AGAIN = 'Save the adapter again with PEFT or this library, for this model'

const badTensor =
  (path: string, fix: string) =>
  (tensor: string, what: string): PolicyFault =>
    policyFault('AdapterInvalid', `${path}: tensor "${tensor}" ${what}`, fix, { path, tensor })

const NONE: HostTensors = {}

/** The weights of a score head, [labels, hidden], and no others. */
const fittedScore = (
  { hidden }: DecoderConfig,
  found: HostTensors,
  bad: (tensor: string, what: string) => PolicyFault,
): E.Either<PolicyFault, HostTensors> => {
  const weight = found[SCORE_WEIGHT]
  if (weight === undefined) return E.left(bad(SCORE_WEIGHT, 'is missing'))
  const [labels = 0, width] = weight.shape
  return weight.shape.length === 2 && labels > 0 && width === hidden && weight.dtype === 'float32'
    ? E.right({ [SCORE_WEIGHT]: weight })
    : E.left(
        bad(
          SCORE_WEIGHT,
          `is ${weight.dtype} [${weight.shape.join(', ')}], the model needs float32 [labels, ${hidden}]`,
        ),
      )
}

/**
 * Writes an adapter as PEFT does, its score head in the same file if it has one. Other trainable tensors (a value head,
 * log Z) are not part of it; tensors that are not those of the configuration (of another adapter) are a fault.
 */
export const writePeft = (
  directory: string,
  { adapter, tensors, score }: Omit<Adapter, 'base'>,
  config: DecoderConfig,
  baseModel: string,
): TE.TaskEither<PolicyFault, void> => {
  const own = Object.fromEntries(
    Object.entries(tensors).filter(([name]) => /\.lora_([AB]\.weight|magnitude_vector)$/.test(name)),
  )
  const path = join(directory, TENSORS)
  const bad = badTensor(path, 'Save what was trained with this adapter')
  return pipe(
    TE.Do,
    TE.bind('fit', () => TE.fromEither(fittedTensors(config, adapter, own, bad))),
    TE.bind('head', () => TE.fromEither(score === undefined ? E.right(NONE) : fittedScore(config, score, bad))),
    TE.chain(({ fit, head }) =>
      writeSafetensors(
        path,
        Object.fromEntries(Object.entries({ ...fit, ...head }).map(([name, tensor]) => [PREFIX + name, tensor])),
      ),
    ),
    TE.chain(() =>
      writeJson(
        join(directory, CONFIG),
        peftConfig(adapter, baseModel, config.weights === 'in-out', score !== undefined),
      ),
    ),
  )
}

/** The tensors of a file without PEFT's prefix, which all of them must have. */
const unprefixed = (path: string, found: HostTensors): E.Either<PolicyFault, HostTensors> => {
  const names = Object.keys(found)
  const strange = names.find((name) => !name.startsWith(PREFIX))
  return strange === undefined
    ? E.right(Object.fromEntries(names.map((name) => [name.slice(PREFIX.length), found[name]!])))
    : E.left(badTensor(path, AGAIN)(strange, 'adapts no module of the model'))
}

/** What a file repeats of its base (the embedding and the head, where either is adapted), and the adapter's own. */
const apart = (
  named: HostTensors,
  { names }: DecoderConfig,
): { readonly base: HostTensors; readonly own: HostTensors } => {
  const base: Record<string, HostTensor> = {}
  const own: Record<string, HostTensor> = {}
  for (const [name, tensor] of Object.entries(named)) {
    const module = /^(.*?)(\.base_layer)?\.weight$/.exec(name)?.[1]
    if (module === names.embedding || module === names.head) base[`${module}.weight`] = tensor
    else own[name] = tensor
  }
  return { base, own }
}

/** A fault about an adapter in the words of its file, where it is about a field. */
const inFile =
  (path: string) =>
  (given: PolicyFault): PolicyFault => {
    const field = PEFT_FIELDS[given.detail['field'] as keyof LoraConfig]
    return field === undefined
      ? given
      : policyFault(
          'AdapterInvalid',
          `${path}: ${field}: ${given.message.slice(0, -given.fix.length - 2)}`,
          given.fix,
          {
            ...given.detail,
            path,
            field,
          },
        )
  }

/**
 * Reads a PEFT adapter of a model, checked tensor by tensor, and the score head that was trained with it if there is one
 * in its file.
 */
export const readPeft = (directory: string, config: DecoderConfig): TE.TaskEither<PolicyFault, Adapter> => {
  const [configPath, tensorsPath] = [join(directory, CONFIG), join(directory, TENSORS)]
  const bad = (tensor: string, what: string): PolicyFault => badTensor(tensorsPath, AGAIN)(PREFIX + tensor, what)
  return pipe(
    TE.Do,
    TE.bind('json', () =>
      readJson(
        configPath,
        { missing: 'ModelNotFound', corrupt: 'AdapterInvalid' },
        `Name a directory with ${CONFIG} and ${TENSORS}`,
      ),
    ),
    TE.bind('adapter', ({ json }) => TE.fromEither(parsePeftConfig(configPath, json, config))),
    TE.bind('found', () => readSafetensors(tensorsPath)),
    TE.bind('named', ({ found }) => TE.fromEither(unprefixed(tensorsPath, found))),
    TE.bind('score', ({ json, named }) =>
      TE.fromEither(savesScore(json) ? fittedScore(config, named, bad) : E.right(NONE)),
    ),
    TE.chainEitherK(({ adapter, named, score }) => {
      const { base, own } = apart(R.filterWithIndex((name) => score[name] === undefined)(named), config)
      return pipe(
        fittedTensors(config, adapter, own, bad),
        E.bimap(inFile(configPath), (tensors) => ({
          adapter,
          tensors,
          ...(R.isEmpty(base) ? {} : { base }),
          ...(R.isEmpty(score) ? {} : { score }),
        })),
      )
    }),
  )
}
