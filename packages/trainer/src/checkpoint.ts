import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, fault, isFault } from '@gfnlm/env'
import { type HostTensor, type HostTensors, hostTensor } from '@gfnlm/jit'
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

const NAME = /^step-(\d{8})$/
const nameOf = (step: number): string => `step-${String(step).padStart(8, '0')}`

const orThrow = async <A>(task: TE.TaskEither<Fault, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw result.left
  return result.right
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** Puts a whole directory in a place that may be taken: what was there goes only when its successor is there. */
const replaceDirectory = async (from: string, to: string): Promise<void> => {
  const former = `${to}.former`
  await rm(former, { recursive: true, force: true })
  await rename(to, former).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
  })
  await rename(from, to)
  await rm(former, { recursive: true, force: true })
}

/** Steps of the whole checkpoints in a directory, oldest first. */
export const checkpointSteps = async (directory: string): Promise<number[]> => {
  const names = await readdir(directory).catch(() => [] as string[])
  return names.flatMap((name) => (NAME.test(name) ? [Number(NAME.exec(name)![1])] : [])).sort((a, b) => a - b)
}

/**
 * Writes a checkpoint into `<directory>/step-<n>`: beside its place first, renamed when whole. Older ones beyond
 * `keep` are removed only after that, so a full disk or a kill never costs an earlier one.
 */
export const saveCheckpoint = (
  directory: string,
  layout: ParameterLayout,
  { state, seed, carried }: Checkpoint,
  keep = 2,
): TE.TaskEither<CheckpointFault, string> =>
  TE.tryCatch(
    async () => {
      const path = join(directory, nameOf(state.step))
      const beside = `${path}.incomplete`
      try {
        await rm(beside, { recursive: true, force: true })
        await mkdir(beside, { recursive: true })
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
      const old = (await checkpointSteps(directory)).filter((step) => step <= state.step).slice(0, -keep)
      for (const step of old) await rm(join(directory, nameOf(step)), { recursive: true, force: true })
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

const invalid = (path: string, why: string): CheckpointFault =>
  fault(
    'CheckpointInvalid',
    `the checkpoint ${path} cannot be resumed: ${why}`,
    'Remove it to resume from the one before, or start in a new output directory.',
    { path },
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
    const newest = (await checkpointSteps(directory)).at(-1)
    if (newest === undefined) return E.right(undefined)
    const path = join(directory, nameOf(newest))
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
