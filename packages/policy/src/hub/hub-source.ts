/** Where models come from and where they are kept. */
export interface HubOptions {
  /** Branch, tag or commit (default main). */
  readonly revision?: string
  /** Default: HF_HUB_CACHE, or hub/ in HF_HOME or ~/.cache/huggingface; shared with Python's. */
  readonly cacheDir?: string
  /** Never touches the network (default: whether HF_HUB_OFFLINE is set). */
  readonly offline?: boolean
  /** Default: HF_ENDPOINT or https://huggingface.co. */
  readonly hubUrl?: string
  /** Default: HF_TOKEN. */
  readonly accessToken?: string
  readonly fetch?: typeof fetch
}

const WANTED: readonly RegExp[] = [
  /^(config|generation_config|adapter_config|model\.safetensors\.index)\.json$/,
  /^(tokenizer|tokenizer_config|special_tokens_map)\.json$/,
  /^chat_template\.jinja$/,
  /^(model(-\d+-of-\d+)?|adapter_model)\.safetensors$/,
]

/** Files of a repository that are read here: configuration, tokenizer, safetensors, a PEFT adapter. */
export const isWanted = (file: string): boolean => WANTED.some((pattern) => pattern.test(file))

/** `name` or `organisation/name`; anything else is a path. */
export const isHubId = (name: string): boolean =>
  /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(name) && !name.includes('..') && !name.includes('--')
