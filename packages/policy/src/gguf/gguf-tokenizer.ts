import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { shown } from '../architectures/config-fields.ts'
import { byteLevelSplit } from './byte-level.ts'
import { type Misfit, misfit } from './misfit.ts'
import { fitsSentencePiece, fitsUnigrams, isSentencePiece } from './sentence-piece.ts'
import type { TokenizerJson } from './tokenizer-json.ts'

/**
 * Which of llama.cpp's tokenizers a file asks for: `gpt2` byte-level BPE, `llama` SentencePiece's BPE with byte
 * fallback, `t5` SentencePiece's unigrams. A file with `ids` has none: give it token ids, never text.
 */
export type GgufTokenizer =
  { readonly kind: 'gpt2'; readonly split: string } | { readonly kind: 'llama' | 't5' | 'ids' }

/** What BPE may have of its own there, which llama.cpp computes none of. */
const plainMerging = ({ model = {} }: TokenizerJson): E.Either<Misfit, void> => {
  const set = (['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'] as const).find(
    (option) => ![undefined, null, 0, ''].includes(model[option]),
  )
  return set === undefined ? E.right(undefined) : misfit(`model.${set}`, `is ${shown(model[set])}, llama.cpp has none`)
}

/** The tokenizer of llama.cpp that gives the ids of a tokenizer.json, or what of it llama.cpp does otherwise. */
export const ggufTokenizer = (json: TokenizerJson): E.Either<Misfit, GgufTokenizer> => {
  const { model } = json
  const as = (kind: 'llama' | 't5') => (): GgufTokenizer => ({ kind })
  if (model?.type === 'Unigram') return pipe(fitsUnigrams(json), E.map(as('t5')))
  if (model?.type !== 'BPE') return misfit('model.type', `is ${shown(model?.type)}, llama.cpp has BPE and Unigram`)
  return pipe(
    plainMerging(json),
    E.chain((): E.Either<Misfit, GgufTokenizer> => {
      if (isSentencePiece(json) && model.byte_fallback === true)
        return pipe(fitsSentencePiece(json), E.map(as('llama')))
      if (isSentencePiece(json) || model.byte_fallback === true)
        return misfit(
          'model.byte_fallback',
          `is ${shown(model.byte_fallback)}, llama.cpp has it with SentencePiece's spaces (▁) and only there`,
        )
      return pipe(
        byteLevelSplit(json),
        E.map((split): GgufTokenizer => ({ kind: 'gpt2', split })),
      )
    }),
  )
}
