import type { Tokenizer } from '@gfnlm/policy'

/**
 * The ids of a text with its special tokens, cut in the text so that they are at most `most`, as Python's tokenizers do
 * it (transformers.js 4.3 cuts the last special token off with the rest).
 */
export const truncated = ({ encode }: Pick<Tokenizer, 'encode'>, text: string, most: number): Int32Array => {
  const ids = encode(text)
  if (ids.length <= most) return ids
  const plain = encode(text, { special: false })
  const before = Math.max(
    0,
    ids.findIndex((_, at) => plain.every((id, i) => ids[at + i] === id)),
  )
  const after = ids.length - before - plain.length
  const kept = plain.subarray(0, Math.max(0, most - before - after))
  return Int32Array.of(...ids.subarray(0, before), ...kept, ...ids.subarray(before + plain.length))
}
