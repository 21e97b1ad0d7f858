import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Architecture } from './architecture.ts'
import { type ConfigJson, causal, objectOf } from './config-fields.ts'
import { gemma3Text } from './gemma.ts'

/** What transformers takes for fields of `text_config` that published files leave out. */
const TEXT_DEFAULTS: ConfigJson = {
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  sliding_window: 4096,
}

/** Special tokens, and whatever else of the whole model is its language model's. */
const SHARED = ['bos_token_id', 'eos_token_id', 'pad_token_id', 'tie_word_embeddings']

/** The config.json of the language model alone. */
const languageConfig = (json: ConfigJson, text: ConfigJson): ConfigJson => ({
  ...TEXT_DEFAULTS,
  ...Object.fromEntries(SHARED.flatMap((field) => (field in json ? [[field, json[field]]] : []))),
  ...text,
  architectures: ['Gemma3ForCausalLM'],
  model_type: 'gemma3_text',
})

const PREFIX = 'model.language_model.'

/** Modules under the path that they have beside a vision tower, which adapters of the whole model name. */
const inside = (name: string): string => name.replace(/^model\./, PREFIX)

/**
 * The language model of a Gemma 3 that also sees (4B, 12B and 27B): images are not read, and what is saved whole is a
 * `gemma3_text` model. Adapters have the names of the whole model, for which PEFT takes them.
 */
export const gemma3: Architecture = {
  loraTargets: gemma3Text.loraTargets,
  canonical: (name) =>
    name.replace(/^language_model\.model\./, PREFIX).replace(/^language_model\.lm_head\./, 'lm_head.'),
  alone: {
    config: (json) => languageConfig(json, (json['text_config'] ?? {}) as ConfigJson),
    name: (tensor) => tensor.replace(PREFIX, 'model.'),
  },
  parse: (json) =>
    pipe(
      causal(json),
      E.chain(() => objectOf(json, 'text_config')),
      E.chain((text) => gemma3Text.parse(languageConfig(json, text))),
      E.map((config) => {
        const { names } = config
        const { embedding, layers, finalNorm } = names
        return {
          ...config,
          modelType: 'gemma3',
          names: { ...names, embedding: inside(embedding), layers: inside(layers), finalNorm: inside(finalNorm) },
        }
      }),
    ),
}
