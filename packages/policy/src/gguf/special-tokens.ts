import type { Tokenizer } from '../tokenizer.ts'
import type { GgufMetadata, GgufValue } from './container.ts'

const number = (value: number): GgufValue => ({ type: 'uint32', value })
const flag = (value: boolean): GgufValue => ({ type: 'bool', value })

/** Ids with a meaning of their own, and whether the tokenizer puts them around a text by itself. */
export interface SpecialTokens {
  readonly bos?: number | undefined
  readonly eos?: number | undefined
  readonly pad?: number | undefined
  readonly addBos?: boolean
  readonly addEos?: boolean
}

/** The special tokens of a tokenizer. */
export const specialTokensOf = ({ bos, eos, pad, encode }: Tokenizer): SpecialTokens => {
  const ids = encode('a')
  return {
    bos,
    eos,
    pad,
    addBos: bos !== undefined && ids[0] === bos,
    addEos: eos !== undefined && ids.at(-1) === eos,
  }
}

/** How llama.cpp reads them. `unknown`: the id for what the vocabulary lacks, negative if there is none. */
export const specialTokenMetadata = (
  { bos, eos, pad, addBos = false, addEos = false }: SpecialTokens,
  unknown: number,
): GgufMetadata => {
  const named = Object.entries({ bos, eos, padding: pad, unknown: unknown < 0 ? undefined : unknown })
  return {
    ...Object.fromEntries(
      named.flatMap(([name, id]) => (id === undefined ? [] : [[`tokenizer.ggml.${name}_token_id`, number(id)]])),
    ),
    'tokenizer.ggml.add_bos_token': flag(addBos),
    'tokenizer.ggml.add_eos_token': flag(addEos),
  }
}
