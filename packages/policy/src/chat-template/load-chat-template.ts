import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type PolicyFault, policyFault, reasonOf } from '../policy-fault.ts'
import { TABLE, readJsonIfAny } from '../read-json.ts'
import { namedSpecialTokens } from '../tokenizer-settings.ts'
import { type ChatTemplate, chatTemplateOf } from './chat-template.ts'

type Templates = Readonly<Record<string, string>>
type Json = Readonly<Record<string, unknown>>

const FIX = 'Download the tokenizer again'

/** Templates in tokenizer_config.json: one, or a list of `{ name, template }`. */
const templatesIn = ({ chat_template: given }: Json): Templates => {
  if (typeof given === 'string') return { default: given }
  const named = Array.isArray(given) ? (given as readonly Partial<Record<'name' | 'template', unknown>>[]) : []
  return Object.fromEntries(
    named.flatMap((entry) =>
      typeof entry?.name === 'string' && typeof entry.template === 'string' ? [[entry.name, entry.template]] : [],
    ),
  )
}

const isAbsent = (caught: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes(String((caught as { code?: unknown }).code))

/** Templates in files: chat_template.jinja, and additional_chat_templates/<name>.jinja. */
const templateFiles = (directory: string): TE.TaskEither<PolicyFault, Templates> =>
  TE.tryCatch(
    async () => {
      const folder = join(directory, 'additional_chat_templates')
      const others = await readdir(folder).catch((caught) => {
        if (isAbsent(caught)) return []
        throw caught
      })
      const files = [
        ['default', join(directory, 'chat_template.jinja')] as const,
        ...others
          .filter((file) => file.endsWith('.jinja'))
          .map((file) => [file.slice(0, -6), join(folder, file)] as const),
      ]
      const read = files.map(async ([name, path]) => [name, await readFile(path, 'utf8')] as const)
      const found = await Promise.allSettled(read)
      return Object.fromEntries(
        found.flatMap((result) => {
          if (result.status === 'fulfilled') return [result.value]
          if (isAbsent(result.reason)) return []
          throw result.reason
        }),
      )
    },
    (caught) => policyFault('TemplateInvalid', `${directory}: ${reasonOf(caught)}`, FIX, { directory }),
  )

/** The chat templates of a model directory by their names, unparsed: files, and what tokenizer_config.json has. */
export const chatTemplateTexts = (directory: string): TE.TaskEither<PolicyFault, Templates> =>
  pipe(
    TE.Do,
    TE.bind('settings', () => readJsonIfAny(join(directory, 'tokenizer_config.json'), 'TokenizerCorrupt', FIX, TABLE)),
    TE.bind('files', () => templateFiles(directory)),
    TE.map(({ settings = {}, files }) => ({ ...templatesIn(settings), ...files })),
  )

/**
 * The chat template of a model directory, by its name where it has several (`default`, `tool_use`, `rag`): a file,
 * chat_template.jinja or additional_chat_templates/<name>.jinja, comes before what tokenizer_config.json has.
 *
 * @returns undefined if the model has none; a fault if it has others, or the file cannot be read or does not parse
 */
export const loadChatTemplate = (
  directory: string,
  name: string = 'default',
): TE.TaskEither<PolicyFault, ChatTemplate | undefined> =>
  pipe(
    TE.Do,
    TE.bind('settings', () => readJsonIfAny(join(directory, 'tokenizer_config.json'), 'TokenizerCorrupt', FIX, TABLE)),
    TE.bind('map', () => readJsonIfAny(join(directory, 'special_tokens_map.json'), 'TokenizerCorrupt', FIX)),
    TE.bind('templates', () => chatTemplateTexts(directory)),
    TE.chainEitherK(({ settings = {}, map = {}, templates }): E.Either<PolicyFault, ChatTemplate | undefined> => {
      const names = Object.keys(templates)
      if (names.length === 0) return E.right(undefined)
      return Object.hasOwn(templates, name)
        ? chatTemplateOf(templates[name], namedSpecialTokens(settings, map))
        : E.left(
            policyFault(
              'TemplateInvalid',
              `${directory} has no chat template "${name}"`,
              `It has ${names.join(', ')}: choose one of them`,
              { directory, name, names },
            ),
          )
    }),
  )
