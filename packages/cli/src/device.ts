import { createRequire } from 'node:module'
import { type Fault, fault } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import type { Terminal } from '@gfnlm/trainer'
import * as E from 'fp-ts/lib/Either.js'

/** Whether a word names a device: `cpu`, `webgpu`, `cuda` (ONNX Runtime) or `tfjs:<backend>` (op by op). */
export const isDevice = (word: string): word is Device => /^(cpu|webgpu|cuda|tfjs:.+)$/.test(word)

/**
 * The packages that register tfjs backends when they are imported, the better one first; installed by whoever wants
 * them. In the order of their speed.
 */
const BACKENDS: Readonly<Record<string, readonly string[]>> = {
  tensorflow: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
  wasm: ['@tensorflow/tfjs-backend-wasm'],
  cpu: ['@tensorflow/tfjs-backend-cpu'],
}

/**
 * Puts back what Node 23 took out of `util`: tfjs-node 4.22 calls it at every op (tensorflow/tfjs#8609).
 *
 * @param util the module, as `require` gives it
 */
export const restoreUtil = (util: { isArray?: unknown; isNullOrUndefined?: unknown }): void => {
  util.isArray ??= Array.isArray
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
}

/** Imports the first of some packages that can be; the last one's error where none can. */
const importFirst = async (packages: readonly string[]): Promise<E.Either<Error, string>> => {
  let failure = new Error('no package registers it')
  for (const name of packages)
    try {
      await import(name)
      return E.right(name)
    } catch (cause) {
      failure = cause as Error
    }
  return E.left(failure)
}

const load = (backend: string): Promise<E.Either<Error, string>> => {
  if (backend === 'tensorflow') restoreUtil(createRequire(import.meta.url)('node:util') as object)
  return importFirst(BACKENDS[backend]!)
}

/** Checks a device's name and loads the tfjs backend that it needs. */
export const prepareDevice = (device: string) => async (): Promise<E.Either<Fault, Device>> => {
  if (!isDevice(device))
    return E.left(
      fault(
        'DeviceUnknown',
        `there is no device "${device}"`,
        'Take cpu, webgpu, cuda, tfjs:cpu, tfjs:wasm or tfjs:tensorflow',
        { device },
      ),
    )
  const backend = device.replace(/^tfjs:/, '')
  if (!device.startsWith('tfjs:') || BACKENDS[backend] === undefined) return E.right(device)
  const loaded = await load(backend)
  const wanted = BACKENDS[backend].at(-1)!
  return E.isRight(loaded)
    ? E.right(device)
    : E.left(
        fault(
          'DeviceUnavailable',
          `device ${device} needs the package ${wanted}: ${loaded.left.message}`,
          `Run npm install ${wanted}, or take --device cpu`,
          { device },
        ),
      )
}

/** The fastest tfjs backend that is installed. */
const fastestTfjs = (terminal: Terminal) => async (): Promise<E.Either<Fault, Device>> => {
  const absent: string[] = []
  for (const [backend, packages] of Object.entries(BACKENDS)) {
    const loaded = await load(backend)
    if (E.isRight(loaded)) {
      terminal.write(
        `engine tfjs: device tfjs:${backend} (${loaded.right})${absent.length === 0 ? '' : `; not installed: ${absent.join(', ')}`}\n`,
      )
      return E.right<Fault, Device>(`tfjs:${backend}`)
    }
    absent.push(...packages)
  }
  return E.left(
    fault(
      'DeviceUnavailable',
      `engine tfjs needs one of ${absent.join(', ')}`,
      `Run npm install ${absent.at(-1)}, or leave --engine out`,
      { absent },
    ),
  )
}

/**
 * The device that an engine and a device name together, ready to be used. The engine decides: `onnx` never runs on a
 * tfjs backend, `tfjs` always on one: where the device names none, the fastest that is installed, and says which.
 */
export const deviceFor = (
  engine: string | undefined,
  device: string,
  terminal: Terminal,
): (() => Promise<E.Either<Fault, Device>>) => {
  switch (engine) {
    case undefined:
      return prepareDevice(device)
    case 'onnx':
      return prepareDevice(device.startsWith('tfjs:') ? 'cpu' : device)
    case 'tfjs':
      return device.startsWith('tfjs:') ? prepareDevice(device) : fastestTfjs(terminal)
    default:
      return async () =>
        E.left(fault('Usage', `there is no engine "${engine}"`, 'Take --engine onnx or --engine tfjs', { engine }))
  }
}
