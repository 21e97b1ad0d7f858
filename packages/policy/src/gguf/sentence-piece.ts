import { type Either, isLeft, right } from 'fp-ts/lib/Either.js'
import { shown } from '../architectures/config-fields.ts'
import { type Misfit, misfit } from './misfit.ts'
import { type Part, type TokenizerJson, listedTokens, partsOf, patternOf } from './tokenizer-json.ts'

/** SentencePiece's sign of a space. */
const SPACE = '▁'

const marksSpaces = (part: Part): boolean =>
  part.type === 'Metaspace' || (part.type === 'Replace' && part['content'] === SPACE && patternOf(part).String === ' ')

/** Whether spaces are characters of the tokens themselves, as SentencePiece has them. */
export const isSentencePiece = ({ normalizer, pre_tokenizer }: TokenizerJson): boolean =>
  [...partsOf(normalizer), ...partsOf(pre_tokenizer)].some(marksSpaces)

const FITS: Either<Misfit, void> = right(undefined)

/** Some token has a space within, or begins with two. */
const crossesWords = (json: TokenizerJson): boolean =>
  listedTokens(json).some(([token]) => token.includes(SPACE, 1) && !/^<.*>$/.test(token))

const metaspace = (json: TokenizerJson, part: Part): Either<Misfit, void> => {
  const { replacement = SPACE, split = true } = part
  if (replacement !== SPACE)
    return misfit('pre_tokenizer.Metaspace.replacement', `is ${shown(replacement)}, in llama.cpp it is ${SPACE}`)
  return split !== false && crossesWords(json)
    ? misfit('pre_tokenizer.Metaspace.split', 'is not false, llama.cpp lets tokens reach over spaces')
    : FITS
}

const bpeNormalizer = (part: Part): Either<Misfit, void> => {
  if (part.type === 'Prepend')
    return part['prepend'] === SPACE
      ? FITS
      : misfit('normalizer.Prepend.prepend', `is ${shown(part['prepend'])}, llama.cpp puts a space before texts`)
  if (part.type !== 'Replace') return misfit(`normalizer.${part.type}`, 'is there, llama.cpp takes texts as they are')
  return marksSpaces(part)
    ? FITS
    : misfit(
        'normalizer.Replace',
        `puts ${shown(part['content'])} for ${shown(part['pattern'])}, llama.cpp puts ${SPACE} for spaces alone`,
      )
}

const bpePreTokenizer =
  (json: TokenizerJson) =>
  (part: Part): Either<Misfit, void> => {
    if (part.type === 'Metaspace') return metaspace(json, part)
    if (part.type !== 'Split') return misfit(`pre_tokenizer.${part.type}`, 'is there, llama.cpp splits nothing')
    // Gemma has one at spaces, of which its normalizer leaves none.
    return patternOf(part).String === ' ' && partsOf(json.normalizer).some(marksSpaces)
      ? FITS
      : misfit('pre_tokenizer.Split', `is at ${shown(part['pattern'])}, llama.cpp splits nothing`)
  }

const first = (checks: readonly Either<Misfit, void>[]): Either<Misfit, void> => checks.find(isLeft) ?? FITS

/** Whether llama.cpp's SentencePiece gives the ids of a tokenizer.json of BPE with byte fallback. */
export const fitsSentencePiece = (json: TokenizerJson): Either<Misfit, void> => {
  const tokens = new Set(listedTokens(json).map(([token]) => token))
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  const absent = bytes.find((byte) => !tokens.has(byte))
  return first([
    absent === undefined ? FITS : misfit('model.vocab', `has no ${absent}, llama.cpp falls back to bytes`),
    json.model?.ignore_merges === true
      ? misfit('model.ignore_merges', 'is true, llama.cpp makes all tokens by merging')
      : FITS,
    ...partsOf(json.normalizer).map(bpeNormalizer),
    ...partsOf(json.pre_tokenizer).map(bpePreTokenizer(json)),
  ])
}

/** Whether llama.cpp's unigrams give the ids of a tokenizer.json of unigrams. */
export const fitsUnigrams = (json: TokenizerJson): Either<Misfit, void> => {
  const parts = partsOf(json.pre_tokenizer)
  const normal = partsOf(json.normalizer).find(({ type }) => type !== 'Precompiled')
  const strange = parts.find(({ type }) => type !== 'Metaspace')
  return first([
    json.model?.byte_fallback === true
      ? misfit('model.byte_fallback', "is true, llama.cpp's unigrams have an unknown token instead")
      : FITS,
    normal === undefined
      ? FITS
      : misfit(`normalizer.${normal.type}`, "is there, llama.cpp's unigrams know Precompiled alone"),
    strange === undefined
      ? FITS
      : misfit(`pre_tokenizer.${strange.type}`, "is there, llama.cpp's unigrams know Metaspace alone"),
    parts.length === 1 ? FITS : misfit('pre_tokenizer', 'is not one Metaspace, which llama.cpp has'),
    ...parts.map((part) => metaspace(json, part)),
  ])
}
