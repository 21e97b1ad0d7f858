import { closeSync, openSync, readSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type ProfileEvent, profileEvents } from './profile-event.ts'

/** ONNX Runtime adds the time to the prefix that it is given. */
const filesOf = (prefix: string): readonly string[] =>
  readdirSync(dirname(prefix))
    .filter((name) => name.startsWith(`${basename(prefix)}_`))
    .map((name) => join(dirname(prefix), name))

const CHUNK = 1 << 20

/** A million events are longer than the longest string. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r')
  const decoder = new TextDecoder()
  const bytes = new Uint8Array(CHUNK)
  let rest = ''
  try {
    for (let read = readSync(file, bytes); read > 0; read = readSync(file, bytes)) {
      const lines = (rest + decoder.decode(bytes.subarray(0, read), { stream: true })).split('\n')
      rest = lines.pop()!
      yield* lines
    }
    yield rest
  } finally {
    closeSync(file)
  }
}

/** The events of the profile that ONNX Runtime wrote under a prefix, once it has ended. */
export function* readProfile(prefix: string): Generator<ProfileEvent> {
  for (const path of filesOf(prefix)) yield* profileEvents(linesOf(path))
}

/** Removes what ONNX Runtime wrote under a prefix. */
export const removeProfile = (prefix: string): void => {
  for (const path of filesOf(prefix)) rmSync(path, { force: true })
}
