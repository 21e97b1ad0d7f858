/**
 * What a run says about itself: one stream of these feeds the console, metrics.jsonl, TensorBoard and the report.
 * Metric names follow TRL where it has one (`reward`, `completions/mean_length`, `grad_norm`, `learning_rate`).
 */
export type RunEvent =
  | {
      readonly type: 'run/start'
      readonly time: number
      readonly name: string
      readonly steps: number
      readonly config: unknown
    }
  | { readonly type: 'rollout'; readonly step: number; readonly samples: readonly SampleText[] }
  | { readonly type: 'step'; readonly time: number; readonly step: number; readonly metrics: Metrics }
  | {
      readonly type: 'eval'
      readonly step: number
      readonly name: string
      readonly metrics: Metrics
      readonly samples?: readonly SampleText[]
    }
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly type: 'warning'; readonly step: number; readonly message: string }
  | {
      readonly type: 'run/end'
      readonly time: number
      readonly step: number
      readonly reason: 'done' | 'stopped' | 'failed'
      readonly message?: string
    }

export type Metrics = Readonly<Record<string, number>>

/** A completion as a person reads it. */
export interface SampleText {
  readonly prompt: string
  readonly completion: string
  readonly logReward: number
}
