import type { HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type PolicyFault, policyFault } from './policy-fault.ts'
import { TABLE, readJson } from './read-json.ts'
import type { SafetensorsHeader } from './safetensors/header.ts'
import { type StoredTensor, placed, readHeader, withTensor } from './safetensors/read-safetensors.ts'

const AGAIN = 'Download or export the model again'
const INDEX = 'model.safetensors.index.json'

/** The safetensors files of a model directory: one, or those that the index lists. */
const weightFiles = (directory: string): TE.TaskEither<PolicyFault, readonly string[]> => {
  if (existsSync(join(directory, 'model.safetensors'))) return TE.right([join(directory, 'model.safetensors')])
  const index = join(directory, INDEX)
  if (!existsSync(index))
    return TE.left(
      policyFault(
        'WeightsMissing',
        `${directory} has neither model.safetensors nor ${INDEX}`,
        'Only safetensors are read: download them, or convert pytorch_model.bin with transformers save_pretrained',
        { directory },
      ),
    )
  return pipe(
    readJson(index, { missing: 'WeightsMissing', corrupt: 'WeightsCorrupt' }, AGAIN, TABLE),
    TE.chainEitherK(({ weight_map: map }) => {
      const files = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : []
      return files.length > 0 && files.every((file) => typeof file === 'string' && !/[/\\]/.test(file))
        ? E.right(files.map((file) => join(directory, file as string)))
        : E.left(policyFault('WeightsCorrupt', `${index} has no proper weight_map`, AGAIN, { path: index }))
    }),
  )
}

/** Canonical names and shapes of tensors. */
export type Wanted = ReadonlyMap<string, readonly number[]>

/** Where each canonical tensor name is found. */
type Places = ReadonlyMap<string, { readonly header: SafetensorsHeader; readonly name: string }>

const placesOf = (
  headers: readonly SafetensorsHeader[],
  canonical: (name: string) => string,
): E.Either<PolicyFault, Places> => {
  const places = new Map<string, { header: SafetensorsHeader; name: string }>()
  for (const header of headers)
    for (const name of header.tensors.keys()) {
      const other = places.get(canonical(name))
      if (other !== undefined)
        return E.left(
          policyFault(
            'WeightsCorrupt',
            `tensor "${name}" of ${header.path} is also in ${other.header.path} as "${other.name}"`,
            AGAIN,
            { tensor: name, paths: [header.path, other.header.path] },
          ),
        )
      places.set(canonical(name), { header, name })
    }
  return E.right(places)
}

/** Every expected tensor is there with its shape; others (buffers, a tied head) are left alone. */
const checkShapes = (directory: string, wanted: Wanted, places: Places): E.Either<PolicyFault, void> => {
  for (const [tensor, expected] of wanted) {
    const place = places.get(tensor)
    if (place === undefined)
      return E.left(
        policyFault(
          'WeightsMissing',
          `${directory} has no tensor "${tensor}", which config.json asks for`,
          `${AGAIN}; config.json and the weights must belong together`,
          { directory, tensor, expected },
        ),
      )
    const found = place.header.tensors.get(place.name)!.shape
    if (found.length !== expected.length || found.some((d, axis) => d !== expected[axis]))
      return E.left(
        policyFault(
          'WeightsShape',
          `${place.header.path}: tensor "${place.name}" has shape [${found.join(
            ', ',
          )}], config.json asks for [${expected.join(', ')}]`,
          `${AGAIN}; config.json and the weights must belong together`,
          { path: place.header.path, tensor: place.name, expected, found },
        ),
      )
  }
  return E.right(undefined)
}

/** Floats only: a weight kept as whole numbers is quantised, and its scale is elsewhere. */
const mustBeFloats = ({ dtype }: StoredTensor, path: string, tensor: string): E.Either<PolicyFault, void> =>
  dtype === 'float32'
    ? E.right(undefined)
    : E.left(
        policyFault(
          'WeightsDtype',
          `${path}: tensor "${tensor}" holds ${dtype}, not floats`,
          'Use the weights before quantisation: F32, F16 or BF16',
          { path, tensor, dtype },
        ),
      )

/** What becomes of a weight, by its canonical name, once its file is open. */
export type Keep = (tensor: string, stored: StoredTensor) => Promise<E.Either<PolicyFault, HostTensors>>

/** In float32. */
export const keepFloats: Keep = async (tensor, stored) => E.right({ [tensor]: await placed(stored) })

/**
 * The wanted weights, from the safetensors of a directory (sharded or not), as float32 under their canonical names and
 * in the order given; or what `keep` makes of each. Headers are checked before anything is read, and weights are read
 * one after another.
 */
export const loadWeights = (
  directory: string,
  wanted: Wanted,
  canonical: (name: string) => string = (name) => name,
  keep: Keep = keepFloats,
): TE.TaskEither<PolicyFault, HostTensors> =>
  pipe(
    weightFiles(directory),
    TE.chain(TE.traverseSeqArray(readHeader)),
    TE.chainEitherK((headers) => placesOf(headers, canonical)),
    TE.chainFirstEitherK((places) => checkShapes(directory, wanted, places)),
    TE.chain((places) =>
      pipe(
        [...wanted.keys()],
        TE.traverseSeqArray((tensor) => {
          const { header, name } = places.get(tensor)!
          return withTensor(header, name, async (stored) => {
            const floats = mustBeFloats(stored, header.path, name)
            return E.isLeft(floats) ? floats : keep(tensor, stored)
          })
        }),
      ),
    ),
    TE.map((kept) => Object.assign({}, ...kept) as HostTensors),
  )
