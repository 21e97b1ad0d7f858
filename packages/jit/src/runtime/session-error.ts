import { type JitError, jitError } from '../errors.ts'
import { inWords, processMemory } from './memory.ts'

/** What ONNX Runtime's allocators, V8's and Dawn's say; the last two are of buffers that could not be made. */
const MEMORY =
  /Failed to allocate memory|bad.alloc|Array buffer allocation failed|out of memory|narrowing_error|\[Invalid Buffer/i

/** Without ONNX Runtime's source file, signature and failed condition before what they mean. */
const meaning = (message: string): string => message.trim().replace(/^\/\S+\.(?:cc|h):\d+ .*? was false\. /s, '')

const outOfMemory = (
  what: string,
  device: string,
  needed: number,
  detail: Readonly<Record<string, unknown>>,
): JitError => {
  const memory = processMemory()
  return jitError(
    'OutOfMemory',
    `${what} on device '${device}': what the compiled function computes on the way needs up to ${inWords(needed)}; the process may have ${inWords(memory)}`,
    'Take fewer or shorter rows at a time, or a smaller model.',
    { device, needed, memory, ...detail },
  )
}

const ranOut = (device: string, needed: number, cause: string): JitError => {
  const operator = /while running (\w+) node/.exec(cause)?.[1] ?? 'ONNX Runtime'
  const asked = /requested buffer of size (\d+)/.exec(cause)?.[1]
  return asked === undefined
    ? outOfMemory(`${operator} ran out of memory`, device, needed, { cause })
    : outOfMemory(`${operator} could not have ${inWords(Number(asked))}`, device, needed, {
        asked: Number(asked),
        cause,
      })
}

/**
 * The error of a session that could not be opened or run.
 *
 * @param needed bytes of a run's intermediate results
 */
export const sessionError = (doing: 'open' | 'run', device: string, needed: number, message: string): JitError =>
  MEMORY.test(message)
    ? ranOut(device, needed, message)
    : /Integer \w+ by zero/.test(message)
      ? jitError('InvalidInput', 'the remainder of an integer by 0 was asked for', 'Keep divisors of tf.mod from 0.', {
          device,
        })
      : doing === 'open' && device !== 'cpu'
        ? jitError(
            'DeviceUnavailable',
            `device '${device}' could not be used: ${meaning(message)}`,
            `Use device 'cpu', or install what ONNX Runtime's ${device} provider needs.`,
            { device },
          )
        : jitError(
            'SessionFailed',
            `ONNX Runtime could not ${doing} the compiled function on device '${device}': ${meaning(message)}`,
            "Report the function and its shapes; device 'tfjs:cpu' runs it eagerly meanwhile.",
            { device },
          )

/**
 * Throws when what a graph computes on the way cannot be in memory: the system would end the process during a run.
 * Half of `needed` is needed for sure, however often a result is written over what it is computed from.
 */
export const mustFit = (device: string, needed: number): void => {
  if (device === 'cpu' && needed / 2 > processMemory())
    throw outOfMemory('a function was compiled that cannot run', device, needed, {})
}
