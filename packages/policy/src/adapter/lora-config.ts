/** Names of modules: a list of their paths or last parts, or a regular expression that a whole path must match. */
export type ModuleSelection = readonly string[] | string

/** What an adapter is, as PEFT's adapter_config.json has it. */
export interface LoraConfig {
  /** W + scale · B · A, or with DoRA that direction at a learned magnitude for each output. */
  readonly kind: 'lora' | 'dora'
  readonly r: number
  readonly alpha: number
  /** Scale alpha / √r instead of alpha / r. */
  readonly rslora: boolean
  /** Adapted modules. In a list GPT-2's `c_proj` is both `attn.c_proj` and `mlp.c_proj`. */
  readonly targets: ModuleSelection
  /** Modules left out although they are targets. */
  readonly exclude?: ModuleSelection
  /** Layers that are adapted, from 0 (default: all); modules that `targets` lists with their whole path always are. */
  readonly layers?: readonly number[]
  /** Ranks of modules whose path, or its end, matches a regular expression; the first that matches counts. */
  readonly rankPattern?: Readonly<Record<string, number>>
  /** Alphas of modules, alike. */
  readonly alphaPattern?: Readonly<Record<string, number>>
}
