import type { Config } from './config.ts'

/** What is learned from the rows of a file. */
export type TaskConfig =
  | { readonly kind: 'sft'; readonly loss: 'cross-entropy' | 'dft' }
  | {
      readonly kind: 'preference'
      readonly loss: 'dpo' | 'ipo' | 'hinge' | 'simpo' | 'orpo' | 'cpo'
      /** Absent: the loss's own default. */
      readonly beta?: number
    }
  | {
      readonly kind: 'kto'
      readonly beta: number
      readonly desirableWeight: number
      readonly undesirableWeight: number
    }
  | {
      readonly kind: 'reward-model'
      /** Keeps scores around 0. */
      readonly centring: number
      /** What multiplies the learning rate for the score head. */
      readonly rateScale: number
    }

type Shared = 'model' | 'revision' | 'quantize' | 'adapter' | 'optimizer' | 'steps' | 'seed' | 'device' | 'checkpoint'

/** A run on the rows of a file, defaults filled in: supervised, or from preferences. */
export interface DatasetConfig extends Pick<Config, Shared | 'output'> {
  readonly task: TaskConfig
  readonly data: {
    /** JSONL in TRL's columns. */
    readonly file: string
    /** Where the file has other names: TRL's name → the file's. */
    readonly columns: Readonly<Record<string, string>>
    /** What becomes of rows longer than `maxLength`: a fault, dropped, or cut (`fittedRow` of the data package). */
    readonly longer: 'fail' | 'drop' | 'keep-start' | 'keep-end'
  }
  readonly rowsPerStep: number
  /** Longest text in tokens, prompt and completion; absent: the model's context. */
  readonly maxLength?: number
}

/** What `gfnlm train` takes. */
export type TrainConfig = Config | DatasetConfig

export const isDatasetConfig = (config: TrainConfig): config is DatasetConfig => 'task' in config
