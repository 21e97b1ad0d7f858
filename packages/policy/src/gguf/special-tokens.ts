import * as E from 'fp-ts/lib/Either.js'
import { shown } from '../architectures/config-fields.ts'
import type { Tokenizer } from '../tokenizer.ts'
import type { GgufMetadata, GgufValue } from './container.ts'
import { type Misfit, misfit } from './misfit.ts'
import { type Part, type TokenizerJson, partsOf } from './tokenizer-json.ts'

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

/** An item of a template: a token's name, or the text. */
interface TemplateItem {
  readonly SpecialToken?: { readonly id: string }
}

/** Tokens that a post-processor puts around texts, with their ids where it says them. */
const namedBy = (part: Part): readonly (readonly [token: string, id: number | undefined])[] => {
  if (part.type !== 'TemplateProcessing')
    return [part['cls'], part['sep']].flatMap((pair) =>
      Array.isArray(pair) ? [pair as unknown as [string, number]] : [],
    )
  const known = (part['special_tokens'] ?? {}) as Readonly<
    Record<string, { readonly tokens?: readonly string[]; readonly ids?: readonly number[] }>
  >
  const items = [part['single'], part['pair']].flatMap((side) => (Array.isArray(side) ? (side as TemplateItem[]) : []))
  return items.flatMap(({ SpecialToken: item }) => {
    if (item === undefined) return []
    const { tokens = [item.id], ids = [] } = known[item.id] ?? {}
    return tokens.map((token, i) => [token, ids[i]] as const)
  })
}

/**
 * The special tokens of a tokenizer. llama.cpp puts bos before a text and eos after it, or leaves either out: a
 * post-processor that puts something else, or names what is no token of the model, is a misfit.
 *
 * @param idOf ids of the model's tokens
 */
export const specialTokensOf = (
  { bos, eos, pad, encode }: Tokenizer,
  { post_processor }: TokenizerJson,
  idOf: ReadonlyMap<string, number>,
): E.Either<Misfit, SpecialTokens> => {
  for (const part of partsOf(post_processor)) {
    const strange = namedBy(part).find(([token, id]) => !idOf.has(token) || (id ?? idOf.get(token)) !== idOf.get(token))
    if (strange !== undefined) {
      const [token, id] = strange
      const said = id === undefined ? '' : ` of id ${id}`
      return misfit(`post_processor.${part.type}`, `names ${shown(token)}${said}, which is no token of the model`)
    }
  }
  const [plain, around] = [encode('a', { special: false }), encode('a')]
  for (const before of [0, 1]) {
    const end = before + plain.length
    const [first, last] = [around.slice(0, before)[0], around.slice(end)[0]]
    const isPlain = around.slice(before, end).join() === plain.join() && around.length <= end + 1
    if (isPlain && (first ?? bos) === (bos ?? first) && (last ?? eos) === (eos ?? last))
      return E.right({
        bos: bos ?? first,
        eos: eos ?? last,
        pad,
        addBos: first !== undefined,
        addEos: last !== undefined,
      })
  }
  return misfit(
    'post_processor',
    `makes ids ${plain.join(', ')} into ${around.join(', ')}, llama.cpp puts bos (${bos}) before and eos (${eos}) after`,
  )
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
