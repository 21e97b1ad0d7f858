import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type FileHandle, open } from 'node:fs/promises'
import { type JsonBounds, flawText, jsonFlaw } from './json-flaw.ts'
import { type PolicyFault, type PolicyFaultTag, policyFault, reasonOf } from './policy-fault.ts'

/** What a file may be before it is parsed: a number of bytes, and what they say. */
export interface FileBounds extends JsonBounds {
  readonly bytes: number
}

/** A configuration: the longest have a name for each of some ten thousand labels. */
const CONFIGURATION: FileBounds = {
  bytes: 1 << 24,
  depth: 64,
  values: 1 << 19,
  names: 1 << 18,
  name: 4096,
  unique: false,
}

/** A table with a row for each token or tensor: the longest tokenizer.json have 35 MB, tokenizer_config.json 12. */
export const TABLE: FileBounds = { ...CONFIGURATION, bytes: 1 << 28, values: Infinity, names: Infinity }

const whole = async (file: FileHandle, bytes: number): Promise<string> => {
  const { size } = await file.stat()
  if (size > bytes) throw new Error(`it has ${size} bytes, more than the ${bytes} that one may have`)
  return file.readFile('utf8')
}

/** A JSON text within bounds, parsed; throws what is wrong with it. */
const parsed = (json: string, bounds: FileBounds): unknown => {
  const flaw = jsonFlaw(json, bounds)
  if (flaw !== undefined) throw new Error(`it ${flawText(flaw, bounds)}`)
  return JSON.parse(json)
}

/**
 * Reads a JSON object; an absent file and one that is no object have the tag and advice of what it was read for.
 *
 * @param bounds what is refused before it is parsed; default what a configuration may be
 */
export const readJson =
  (
    path: string,
    tags: { readonly missing: PolicyFaultTag; readonly corrupt: PolicyFaultTag },
    fix: string,
    bounds: FileBounds = CONFIGURATION,
  ): TaskEither<PolicyFault, Readonly<Record<string, unknown>>> =>
  async () => {
    let file: FileHandle | undefined
    try {
      file = await open(path)
      const value = parsed(await whole(file, bounds.bytes), bounds)
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? E.right(value as Record<string, unknown>)
        : E.left(policyFault(tags.corrupt, `${path} is not a JSON object`, fix, { path }))
    } catch (caught) {
      const missing = (caught as NodeJS.ErrnoException).code === 'ENOENT'
      return E.left(
        missing
          ? policyFault(tags.missing, `there is no ${path}`, fix, { path })
          : policyFault(tags.corrupt, `${path} cannot be read: ${reasonOf(caught)}`, fix, { path }),
      )
    } finally {
      await file?.close()
    }
  }

/** The same, undefined when the file is absent. */
export const readJsonIfAny =
  (
    path: string,
    corrupt: PolicyFaultTag,
    fix: string,
    bounds?: FileBounds,
  ): TaskEither<PolicyFault, Readonly<Record<string, unknown>> | undefined> =>
  async () => {
    const read = await readJson(path, { missing: 'ModelNotFound', corrupt }, fix, bounds)()
    return E.isLeft(read) && read.left._tag === 'ModelNotFound' ? E.right(undefined) : read
  }
