import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readTokenizerFiles } from '../load-tokenizer.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { effectiveTokenizer, namedSpecialTokens, withinRows } from '../tokenizer-settings.ts'
import type { TokenizerJson } from './tokenizer-json.ts'

/**
 * The tokenizer.json of a model directory with what the files beside it change: its added tokens, of which those past the
 * model's `rows` ids are left out, and its post-processor. Empty where there is none.
 */
export const readTokenizerJson = (directory: string, rows: number): TE.TaskEither<PolicyFault, TokenizerJson> => {
  const path = join(directory, 'tokenizer.json')
  if (!existsSync(path)) return TE.right({})
  return pipe(
    readTokenizerFiles(directory),
    TE.chainEitherK(({ json, settings = {}, specialTokensMap = {} }) =>
      pipe(
        effectiveTokenizer(json, settings, namedSpecialTokens(settings, specialTokensMap)),
        E.bimap(
          (what) =>
            policyFault('TokenizerUnsupported', `${path}: ${what}`, 'Save the model with savePretrained', { path }),
          // Spelled as it is in the file, which is what llama.cpp's names of splits stand for.
          (effective) =>
            ({ ...withinRows(effective, rows).kept, pre_tokenizer: json['pre_tokenizer'] }) as TokenizerJson,
        ),
      ),
    ),
  )
}
