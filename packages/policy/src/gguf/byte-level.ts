import { type Either, isLeft, right } from 'fp-ts/lib/Either.js'
import { shown } from '../architectures/config-fields.ts'
import { type Misfit, misfit } from './misfit.ts'
import { type Part, type TokenizerJson, partsOf, patternOf } from './tokenizer-json.ts'

/** How Llama 3 splits text before byte-level BPE. */
const LLAMA_3: string = [
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
  String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`,
  String.raw`\p{N}{1,3}`,
  String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`,
  String.raw`\s*[\r\n]+`,
  String.raw`\s+(?!\S)`,
  String.raw`\s+`,
].join('|')

/** The same, digit by digit. */
const QWEN_2: string = LLAMA_3.replace('{1,3}', '')

/** llama.cpp's name of a way to split, by whether a word that is a token is taken whole, past the merges. */
interface SplitNames {
  readonly merging?: string
  readonly whole?: string
}

/** Ways to split text before byte-level BPE. llama.cpp's others (tekken, gpt-4o) split only ASCII as their models do. */
const SPLITS: Readonly<Record<string, SplitNames>> = {
  'bytes of words': { merging: 'gpt-2' },
  'digits, bytes of words': { merging: 'smollm' },
  [`split ${LLAMA_3}, bytes`]: { merging: 'dbrx', whole: 'llama-bpe' },
  [`split ${QWEN_2}, bytes`]: { merging: 'qwen2' },
}

const byteLevelWord = (part: Part): Either<Misfit, string> =>
  part['add_prefix_space'] === true
    ? misfit('pre_tokenizer.ByteLevel.add_prefix_space', 'is true, llama.cpp puts no space before bytes')
    : right(part['use_regex'] === false ? 'bytes' : 'bytes of words')

/** Patterns of the table match all of a text: what lies between matches may be dropped, or split as matches are. */
const splitWord = (part: Part): Either<Misfit, string> => {
  const { Regex: expression } = patternOf(part)
  const { behavior, invert = false } = part
  if (expression === undefined)
    return misfit('pre_tokenizer.Split.pattern', `is ${shown(part['pattern'])}, llama.cpp splits by expressions alone`)
  if (behavior !== 'Isolated' && !(behavior === 'Removed' && invert === true))
    return misfit(
      `pre_tokenizer.Split.${behavior === 'Removed' ? 'invert' : 'behavior'}`,
      `is ${shown(behavior === 'Removed' ? invert : behavior)}, in llama.cpp every match is a word`,
    )
  return right(`split ${expression}`)
}

/** A pre-tokenizer in the words of `SPLITS`. */
const wordOf = (part: Part): Either<Misfit, string> => {
  if (part.type === 'ByteLevel') return byteLevelWord(part)
  if (part.type === 'Split') return splitWord(part)
  if (part.type !== 'Digits') return misfit(`pre_tokenizer.${part.type}`, 'is none of those that llama.cpp has')
  return part['individual_digits'] === true
    ? right('digits')
    : misfit('pre_tokenizer.Digits.individual_digits', 'is not true, llama.cpp splits digit by digit')
}

/** What to name where words are in no row of the table: the one that would be in its place, were it otherwise. */
const strangeSplit = (words: readonly string[]): Either<Misfit, never> => {
  const isBytes = (word: string): boolean => word.startsWith('bytes')
  const other = (word: string): string => (word === 'bytes' ? 'bytes of words' : 'bytes')
  const flipped = words.map((word) => (isBytes(word) ? other(word) : word)).join(', ')
  if (SPLITS[flipped] !== undefined)
    return misfit(
      'pre_tokenizer.ByteLevel.use_regex',
      words.includes('bytes')
        ? 'is false and nothing else splits, llama.cpp splits into words'
        : 'is not false after a Split, llama.cpp splits once',
    )
  const split = words.find((word) => word.startsWith('split '))
  return split === undefined
    ? misfit('pre_tokenizer', `is ${shown(words.join(', '))}, which llama.cpp has not`)
    : misfit('pre_tokenizer.Split.pattern', `is ${split.slice(6)}, which llama.cpp has not`)
}

/**
 * llama.cpp's name of the way in which a tokenizer.json of byte-level BPE splits a text.
 *
 * @see llama.cpp's llm_tokenizer_bpe (src/llama-vocab.cpp), which has the expressions
 */
export const byteLevelSplit = ({ model = {}, normalizer, pre_tokenizer }: TokenizerJson): Either<Misfit, string> => {
  const normal = partsOf(normalizer).find(({ type }) => type !== 'NFC')
  if (normal !== undefined) return misfit(`normalizer.${normal.type}`, 'is there, llama.cpp takes bytes as they are')
  const words: string[] = []
  for (const part of partsOf(pre_tokenizer)) {
    const word = wordOf(part)
    if (isLeft(word)) return word
    words.push(word.right)
  }
  const names = SPLITS[words.join(', ')]
  if (names === undefined) return strangeSplit(words)
  const whole = model.ignore_merges === true
  const name = whole ? names.whole : names.merging
  return name === undefined
    ? misfit(
        'model.ignore_merges',
        `is ${whole}, llama.cpp merges${whole ? '' : ' nothing'} within words of this split`,
      )
    : right(name)
}
