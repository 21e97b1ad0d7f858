import { existsSync } from 'node:fs'
import { readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, checkCount, fault, isFault } from '@gfnlm/env'
import { type HostTensor, type HostTensors, hostTensor, makeFolder } from '@gfnlm/jit'
import { readSafetensors, writeJson, writeSafetensors } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type ParameterLayout, joinParameters, splitParameters } from './parameter-vector.ts'
import type { TrainingState } from './train-step.ts'

/** All a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  readonly state: TrainingState
  readonly seed: number
  /** What else the run carries, as JSON: its replay buffer. */
  readonly carried: Readonly<Record<string, unknown>>
}

export type CheckpointFault = Fault<'CheckpointFailed' | 'CheckpointInvalid'>

/** A checkpoint in its place, or put aside for its successor. */
const NAME = /^step-(\d{8,})(\.former)?$/
/** Whatever a save makes. */
const MADE = /^step-\d{8,}(\.former|\.incomplete)?$/
const nameOf = (step: number): string => `step-${String(step).padStart(8, '0')}`

const orThrow = async <A>(task: TE.TaskEither<Fault, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw result.left
  return result.right
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/**
 * Puts a whole directory in a place that may be taken. What was there goes only when its successor is there: a kill
 * between the two leaves it as `.former`, where it is found.
 */
const replaceDirectory = async (from: string, to: string): Promise<void> => {
  const former = `${to}.former`
  if (existsSync(to)) {
    await rm(former, { recursive: true, force: true })
    await rename(to, former)
  }
  await rename(from, to)
  await rm(former, { recursive: true, force: true })
}

const namesIn = (directory: string): Promise<string[]> =>
  readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })

interface Place {
  readonly step: number
  readonly name: string
}

/** The whole checkpoints among the names in a directory, oldest first. */
const wholeAmong = (names: readonly string[]): readonly Place[] =>
  names
    .flatMap((name) => {
      const [, step, aside] = NAME.exec(name) ?? []
      return step === undefined || (aside !== undefined && names.includes(`step-${step}`))
        ? []
        : [{ step: Number(step), name }]
    })
    .sort((a, b) => a.step - b.step)

/**
 * Steps of the whole checkpoints in a directory, oldest first; none where there is no such directory.
 *
 * @throws what the file system says of a directory that cannot be read
 */
export const checkpointSteps = async (directory: string): Promise<number[]> =>
  wholeAmong(await namesIn(directory)).map(({ step }) => step)

/** Removes all but the newest `keep` checkpoints until a step, and what killed saves have left. */
const tidy = async (directory: string, until: number, keep: number): Promise<void> => {
  const names = await namesIn(directory)
  const whole = wholeAmong(names)
  const old = whole.filter(({ step }) => step <= until).slice(0, -keep)
  const kept = new Set(whole.filter((place) => !old.includes(place)).map(({ name }) => name))
  for (const name of names)
    if (MADE.test(name) && !kept.has(name)) await rm(join(directory, name), { recursive: true, force: true })
}

/**
 * Writes a checkpoint into `<directory>/step-<n>`: beside its place first, renamed when whole. Older ones beyond
 * `keep` are removed only after that, so a full disk or a kill never costs an earlier one; so is what killed saves have
 * left. One run at a time saves into a directory.
 *
 * @throws RangeError for less than 1 to keep
 */
export const saveCheckpoint = (
  directory: string,
  layout: ParameterLayout,
  { state, seed, carried }: Checkpoint,
  keep = 2,
): TE.TaskEither<CheckpointFault, string> => {
  checkCount('saveCheckpoint', 'keep', keep)
  return TE.tryCatch(
    async () => {
      const path = join(directory, nameOf(state.step))
      const beside = `${path}.incomplete`
      try {
        await rm(beside, { recursive: true, force: true })
        makeFolder(beside)
        const tensors: Record<string, HostTensor> = {}
        for (const [kind, vector] of [['parameter', state.parameters], ...Object.entries(state.moments)] as const)
          for (const [name, value] of Object.entries(splitParameters(layout, vector)))
            tensors[`${kind}/${name}`] = value
        await orThrow(writeSafetensors(join(beside, 'state.safetensors'), tensors))
        await orThrow(
          writeJson(join(beside, 'run.json'), {
            version: 1,
            step: state.step,
            seed,
            moments: Object.keys(state.moments),
            carried,
          }),
        )
        await replaceDirectory(beside, path)
      } catch (cause) {
        await rm(beside, { recursive: true, force: true }).catch(() => undefined)
        throw cause
      }
      await tidy(directory, state.step, keep)
      return path
    },
    (cause) =>
      fault(
        'CheckpointFailed',
        `the checkpoint of step ${state.step} could not be written to ${directory}: ${messageOf(cause)}`,
        'Free some space and resume: earlier checkpoints are whole.',
        { directory, step: state.step },
      ),
  )
}

const invalid = (path: string, why: string): CheckpointFault =>
  fault(
    'CheckpointInvalid',
    `the checkpoint ${path} cannot be resumed: ${why}`,
    'Remove it to resume from the one before, or start in a new output directory.',
    { path },
  )

const unreadable = (directory: string, cause: unknown): CheckpointFault =>
  fault(
    'CheckpointInvalid',
    `the checkpoints in ${directory} cannot be listed: ${messageOf(cause)}`,
    'Make it a directory that can be read, or start in a new output directory.',
    { path: directory },
  )

const vectorOf = (layout: ParameterLayout, tensors: HostTensors, kind: string, path: string): Float32Array => {
  const named = Object.fromEntries(
    layout.entries.map(({ name, shape }) => {
      const found = tensors[`${kind}/${name}`]
      if (found === undefined || found.shape.join() !== shape.join())
        throw invalid(
          path,
          `it has no ${kind} '${name}' of shape [${shape.join(', ')}]: the model, adapter or objective changed`,
        )
      return [name, hostTensor(found.data as Float32Array, shape)] as const
    }),
  )
  const more = Object.keys(tensors).find(
    (key) => key.startsWith(`${kind}/`) && named[key.slice(kind.length + 1)] === undefined,
  )
  if (more !== undefined)
    throw invalid(path, `it has a ${more} that nothing here learns: the model, adapter or objective changed`)
  return joinParameters(layout, named)
}

interface RunJson {
  readonly version: number
  readonly step: number
  readonly seed: number
  readonly moments: readonly string[]
  readonly carried: Record<string, unknown>
}

const readCheckpoint = async (path: string, layout: ParameterLayout): Promise<Checkpoint> => {
  const run = JSON.parse(await readFile(join(path, 'run.json'), 'utf8')) as RunJson
  if (run.version !== 1) throw invalid(path, `it has format version ${run.version}, this is version 1`)
  const tensors = await orThrow(readSafetensors(join(path, 'state.safetensors')))
  const parameters = vectorOf(layout, tensors, 'parameter', path)
  const moments = Object.fromEntries(run.moments.map((name) => [name, vectorOf(layout, tensors, name, path)]))
  return { state: { step: run.step, parameters, moments }, seed: run.seed, carried: run.carried }
}

/** The newest whole checkpoint of a directory; undefined where there is none. */
export const loadCheckpoint =
  (directory: string, layout: ParameterLayout): TE.TaskEither<CheckpointFault, Checkpoint | undefined> =>
  async () => {
    const names = await TE.tryCatch(
      () => namesIn(directory),
      (cause) => unreadable(directory, cause),
    )()
    if (E.isLeft(names)) return names
    const newest = wholeAmong(names.right).at(-1)
    if (newest === undefined) return E.right(undefined)
    const path = join(directory, newest.name)
    try {
      return E.right(await readCheckpoint(path, layout))
    } catch (cause) {
      return E.left(
        isFault(cause) && cause._tag === 'CheckpointInvalid'
          ? (cause as CheckpointFault)
          : invalid(path, messageOf(cause)),
      )
    }
  }
