import { readFile } from 'node:fs/promises'

const DESCRIBING: readonly RegExp[] = [
  /^(config|generation_config|adapter_config|model\.safetensors\.index)\.json$/,
  /^(tokenizer|tokenizer_config|special_tokens_map)\.json$/,
  /^chat_template\.jinja$/,
  // What sentence-transformers does with an encoder.
  /^(modules|sentence_bert_config|[\w-]+_Pooling\/config)\.json$/,
  /^additional_chat_templates\/[\w-]+\.jinja$/,
]

export const WEIGHTS = 'model.safetensors'
export const WEIGHTS_INDEX = 'model.safetensors.index.json'
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors'

/** An adapter, and the heads that are saved beside it. */
export const BESIDE: readonly string[] = ['value_head.safetensors', 'score_head.safetensors', ADAPTER_WEIGHTS]

/** A file of a repository's own folder, as an index may name one. */
const isShard = (name: unknown): name is string => typeof name === 'string' && /^[\w.-]+\.safetensors$/.test(name)

/** Files that say what a model is: configuration, tokenizer, chat template, pooling, the index of the shards. */
export const describingFiles = (listed: readonly string[]): readonly string[] =>
  listed.filter(
    (file) => DESCRIBING.some((pattern) => pattern.test(file)) && !(file === WEIGHTS_INDEX && listed.includes(WEIGHTS)),
  )

/** The shards that a parsed model.safetensors.index.json names; undefined if it is no index. */
export const shardsOf = (index: unknown): readonly string[] | undefined => {
  const map = (index as { readonly weight_map?: unknown } | null)?.weight_map
  const shards = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : []
  return shards.length > 0 && shards.every(isShard) ? shards : undefined
}

/** The same of a file; undefined, too, if it cannot be read. */
export const readShards = (path: string): Promise<readonly string[] | undefined> =>
  readFile(path, 'utf8').then(
    (text) => {
      try {
        return shardsOf(JSON.parse(text))
      } catch {
        return undefined
      }
    },
    () => undefined,
  )
