import { type Fault, fault } from '@gfnlm/env'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readFile } from 'node:fs/promises'

export type Json = Readonly<Record<string, unknown>>

/** The object or the list in a file of a model's directory; a file that is not there or has neither is a fault. */
export const readJsonAt = (path: string): TE.TaskEither<Fault, Json> =>
  TE.tryCatch(
    async () => {
      const value: unknown = JSON.parse(await readFile(path, 'utf8'))
      if (typeof value !== 'object' || value === null) throw new TypeError('it is no JSON object')
      return value as Json
    },
    (cause) =>
      fault(
        'EncoderInvalid',
        `${path} cannot be read: ${(cause as Error).message}`,
        'Name a directory as transformers.js has them: config.json, tokenizer.json, onnx/model.onnx',
        { path },
      ),
  )
