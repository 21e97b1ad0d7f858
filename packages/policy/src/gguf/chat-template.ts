import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PolicyFault } from '../policy-fault.ts'
import { readJsonIfAny } from '../read-json.ts'

/** The template in tokenizer_config.json: a text, or several by name of which the default is taken. */
const templateIn = (settings: Readonly<Record<string, unknown>>): string | undefined => {
  const { chat_template: given } = settings
  if (typeof given === 'string') return given
  if (!Array.isArray(given)) return undefined
  const named = given as readonly { readonly name?: unknown; readonly template?: unknown }[]
  const { template } = named.find(({ name }) => name === 'default') ?? {}
  return typeof template === 'string' ? template : undefined
}

/** The chat template of a model directory, in the file of its own that newer models have, or the tokenizer's settings. */
export const chatTemplate = (directory: string): TE.TaskEither<PolicyFault, string | undefined> =>
  pipe(
    TE.fromTask<string | undefined, PolicyFault>(() =>
      readFile(join(directory, 'chat_template.jinja'), 'utf8').catch(() => undefined),
    ),
    TE.chain((own) =>
      own === undefined
        ? pipe(
            readJsonIfAny(join(directory, 'tokenizer_config.json'), 'TokenizerCorrupt', 'Download the tokenizer again'),
            TE.map((settings = {}) => templateIn(settings)),
          )
        : TE.right(own),
    ),
  )
