import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Pooling } from './pooling.ts'
import { type Json, readJsonAt } from './read-json-at.ts'
import { shortened, shown } from './shown.ts'

/** What comes after the encoder in an embedding model. */
export interface Head {
  readonly poolings: readonly Pooling[]
  /** Whether vectors have length 1. */
  readonly normalise: boolean
}

/** Without the files of sentence-transformers: as most models of the hub have it. */
const USUAL: Head = { poolings: ['mean'], normalise: true }

/** Flags of a Pooling's config.json, in the order in which the vectors of several stand. */
const FLAGS: readonly (readonly [flag: string, pooling: Pooling])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len_tokens'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
]

const invalid = (what: string, fix: string, detail: Json): E.Either<Fault, never> =>
  E.left(fault('EncoderInvalid', what, fix, detail))

/** The ways of a Pooling's config.json: flags, or since sentence-transformers 5 also names. */
const poolingsOf = (path: string, json: Json): E.Either<Fault, readonly Pooling[]> => {
  const { pooling_mode: mode } = json
  const names = FLAGS.map(([, name]) => name)
  const asked: readonly unknown[] =
    mode === undefined ? FLAGS.filter(([flag]) => json[flag] === true).map(([, name]) => name) : [mode].flat()
  const strange =
    asked.find((name) => !names.includes(name as Pooling)) ??
    Object.keys(json).find(
      (key) => key.startsWith('pooling_mode_') && json[key] === true && !FLAGS.some(([flag]) => flag === key),
    )
  if (strange !== undefined)
    return invalid(`${path} pools by ${shown(strange)}`, `Give pooling: one of ${names.join(', ')}`, {
      path,
      pooling: strange,
    })
  return asked.length === 0
    ? invalid(`${path} names no way to pool`, `Give pooling: one of ${names.join(', ')}`, { path })
    : E.right(names.filter((name) => asked.includes(name)))
}

interface Module {
  readonly kind: string
  readonly path: string
}

/** The modules of modules.json, whose paths are folders of the model's own. */
const modulesOf = (path: string, json: unknown): E.Either<Fault, readonly Module[]> => {
  const listed = Array.isArray(json) ? (json as readonly Json[]) : undefined
  const modules = listed?.map((module) => ({
    kind: String(module?.['type']).split('.').at(-1)!,
    path: String(module?.['path'] ?? ''),
  }))
  return modules === undefined || modules.some(({ path }) => !/^[\w-]*$/.test(path))
    ? invalid(`${path} is no list of modules`, 'Download the model again', { path })
    : E.right(modules)
}

/** What an embedding may be made of. */
const PLAIN = 'Transformer, Pooling'
const NORMALISED = `${PLAIN}, Normalize`

interface Order {
  /** The folder of its Pooling. */
  readonly folder: string
  readonly normalise: boolean
}

const orderOf = (path: string, modules: readonly Module[]): E.Either<Fault, Order> => {
  const kinds = modules.map(({ kind }) => kind).join(', ')
  const pooling = modules.find(({ kind }) => kind === 'Pooling')
  return pooling !== undefined && [PLAIN, NORMALISED].includes(kinds)
    ? E.right({ folder: pooling.path, normalise: kinds === NORMALISED })
    : invalid(
        `${path} has the modules ${shortened(kinds)}; computed here are ${NORMALISED}`,
        'Give both pooling and normalise to take these instead',
        { path, kinds },
      )
}

/**
 * How sentence-transformers makes vectors of what an encoder in a directory gives: the pooling of `1_Pooling/config.json`
 * and whether `modules.json` ends with a Normalize. Without these files: the mean, of length 1.
 *
 * @returns a fault that names a module or a pooling that is not computed here
 */
export const readHead = (directory: string): TE.TaskEither<Fault, Head> => {
  const [modules, usual] = [join(directory, 'modules.json'), join(directory, '1_Pooling', 'config.json')]
  const poolingsAt = (path: string): TE.TaskEither<Fault, readonly Pooling[]> =>
    pipe(
      readJsonAt(path),
      TE.chainEitherK((json) => poolingsOf(path, json)),
    )
  if (existsSync(modules))
    return pipe(
      readJsonAt(modules),
      TE.chainEitherK((json) => modulesOf(modules, json)),
      TE.chainEitherK((listed) => orderOf(modules, listed)),
      TE.chain(({ folder, normalise }) =>
        pipe(
          poolingsAt(join(directory, folder, 'config.json')),
          TE.map((poolings) => ({ poolings, normalise })),
        ),
      ),
    )
  return existsSync(usual)
    ? pipe(
        poolingsAt(usual),
        TE.map((poolings) => ({ ...USUAL, poolings })),
      )
    : TE.right(USUAL)
}
