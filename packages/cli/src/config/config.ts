import type { Device } from '@gfnlm/jit'
import type { LoraOptions, QuantizeOptions } from '@gfnlm/policy'
import type { Priority } from '@gfnlm/sampler'
import type { Weighting } from '@gfnlm/losses'

/** A number that changes over a run: from → to over `steps` steps (all of them if absent). */
export interface Ramp {
  readonly from: number
  readonly to: number
  readonly steps?: number
  readonly shape: 'linear' | 'cosine'
}

/** One way to explore; a temperature of [lo, hi] is drawn anew for each completion. */
export interface ExploreConfig {
  readonly share: number
  readonly temperature: number | readonly [lo: number, hi: number]
  readonly topK?: number
  readonly topP?: number
  readonly minP?: number
  readonly epsilon?: number
}

export type RewardConfig = {
  /** Losses see log R / temperature. */
  readonly temperature: number | Ramp
} & (
  | { readonly kind: 'likelihood' }
  | { readonly kind: 'infilling'; readonly columns: { readonly beginning: string; readonly ending: string } }
)

/** How often a step's completions are learned from. */
export interface EpochsConfig {
  readonly epochs: number
  /** Updates an epoch. */
  readonly minibatches: number
}

/** How far a policy may go from the frozen model, and how evenly it is to choose. */
export interface NearnessConfig {
  /** What a nat of divergence from the frozen model costs in the reward. */
  readonly klCoefficient: number
  /** What a nat of entropy earns in the loss. */
  readonly entropyBonus: number
}

/** Where a ratio is clipped: to 1 − epsilon … 1 + epsilonHigh (absent: epsilon). */
export interface ClipConfig {
  readonly epsilon: number
  readonly epsilonHigh?: number
}

export type ObjectiveConfig =
  | { readonly kind: 'modified-subtb'; readonly lambda: number; readonly weighting: Weighting }
  | { readonly kind: 'modified-db' }
  | { readonly kind: 'vargrad' }
  | { readonly kind: 'tb'; readonly logZ: number; readonly rateScale: number }
  | { readonly kind: 'subtb'; readonly lambda: number; readonly weighting: Weighting; readonly rateScale: number }
  | { readonly kind: 'db'; readonly rateScale: number }
  | ({ readonly kind: 'reinforce' } & NearnessConfig)
  | ({ readonly kind: 'rloo' } & NearnessConfig & ClipConfig & EpochsConfig)
  | ({
      readonly kind: 'grpo' | 'dr-grpo'
      /** Weight of the divergence from the frozen model in the loss. */
      readonly beta: number
    } & NearnessConfig &
      ClipConfig &
      EpochsConfig)
  | PPOConfig

export interface PPOConfig extends NearnessConfig, ClipConfig, EpochsConfig {
  readonly kind: 'ppo'
  /** Raises and lowers klCoefficient so that completions are `target` nats from the frozen model; absent: it stays. */
  readonly adaptive?: { readonly target: number; readonly horizon: number }
  readonly gamma: number
  /** λ of generalised advantage estimation. */
  readonly lambda: number
  /** How far a value may move from its old one before it earns no more. */
  readonly clipRange: number
  readonly valueCoefficient: number
  /** What multiplies the learning rate for the value head. */
  readonly rateScale: number
}

/** A new adapter: what `lora` of @gfnlm/policy takes but the seed, which is the run's. */
export type AdapterConfig = Omit<LoraOptions, 'seed'>

/** What rows count for; `unknown` is the weight of rows whose log-probabilities are not known (replayed ones). */
export type EstimatorConfig =
  | {
      readonly kind: 'importance-ratio' | 'length-normalised-ratio' | 'self-normalised-ratio' | 'posterior-ratio'
      readonly unknown: number
    }
  | { readonly kind: 'staleness-decay'; readonly halfLife: number }
  | { readonly kind: 'prompt-balance' }

export interface ReweightConfig {
  /** A row weighs the product of these; none: 1. */
  readonly by: readonly EstimatorConfig[]
  /** Weights outside of the limits become the limit (truncate) or 0 (mask). */
  readonly min?: number
  readonly max?: number
  readonly outside: 'mask' | 'truncate'
  /** The loss is Σ w ℓ / N or Σ w ℓ / Σ w. */
  readonly reduction: 'mean' | 'self-normalised'
}

/** A run as its file says it, defaults filled in: one choice for each axis. */
export interface Config {
  /** Directory or hub id of the model, which is also the reward's frozen judge. */
  readonly model: string
  /** Branch, tag or commit of a hub id; absent: main. */
  readonly revision?: string
  /** Keeps the model's linear layers in blocks of few bits; absent: float32. The judge is the same model. */
  readonly quantize?: Required<QuantizeOptions>
  readonly adapter: AdapterConfig
  readonly prompts: { readonly file: string; readonly columns: { readonly prompt: string; readonly id: string } }
  readonly mdp: {
    /** Token that ends completions; absent: the tokenizer's end of sequence. */
    readonly stop?: string | number
    readonly minNewTokens: number
    readonly maxNewTokens: number
    /** Only these tokens (and the stop) may be generated; absent: all. */
    readonly allowed?: readonly (string | number)[]
    readonly forbidden: readonly (string | number)[]
  }
  readonly sampling: { readonly perPrompt: number; readonly explore: readonly ExploreConfig[] }
  readonly reward: RewardConfig
  readonly replay:
    | false
    | { readonly capacity: number; readonly tolerance: number; readonly perPrompt: number; readonly priority: Priority }
  readonly reweight: ReweightConfig
  readonly objective: ObjectiveConfig
  readonly optimizer: {
    readonly kind: 'adamw'
    readonly learningRate: number
    readonly schedule: 'constant' | 'linear' | 'cosine'
    /** Where linear and cosine schedules end. */
    readonly endLearningRate: number
    readonly warmup: number
    readonly clipNorm?: number
    /** Micro-batches that a step's completions are taken in, one after another, for one update. */
    readonly accumulate: number
    readonly weightDecay: number
    readonly beta1: number
    readonly beta2: number
  }
  readonly steps: number
  readonly promptsPerStep: number
  readonly seed: number
  readonly device: Device
  readonly checkpoint: { readonly every: number; readonly keep: number }
  /** Samples of the first prompts before the first step and after the last, with their figures; 0 prompts: none. */
  readonly evaluation: { readonly prompts: number }
  readonly log: { readonly samplesEvery: number }
  /** Directory of everything the run writes. */
  readonly output?: string
}
