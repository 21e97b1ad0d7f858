import { type Fault, fault } from '@gfnlm/env'
import { NO_STEP } from '@gfnlm/losses'

/** A solution in steps, each of which somebody judged. */
export interface Stepwise {
  readonly prompt: Int32Array
  readonly steps: readonly { readonly tokens: Int32Array; readonly label: number | boolean }[]
}

export interface StepwiseOptions {
  /** Tokens after each step; the last of them carries its label. Default none: the step's own last token does. */
  readonly separator?: Int32Array
  /** Learn from the last step alone, as from the outcome; default false. */
  readonly lastStepOnly?: boolean
  /** Longest solution, separators included: what is beyond is cut off, labels too. Default no limit. */
  readonly maxCompletion?: number
}

/** A text with the class of the step that each token ends, −100 where it ends none. */
export interface LabelledTokens {
  readonly tokens: Int32Array
  readonly label: Int32Array
}

const emptyStep = (step: number): Fault<'StepEmpty'> =>
  fault(
    'StepEmpty',
    `step ${step} has no token, so its label has no place`,
    'Leave the step out, or give a separator, which carries the label.',
    { step },
  )

/**
 * A judged solution as tokens and their labels, as process reward models are trained on.
 *
 * @throws a StepEmpty fault for a step to be learned that has no token, nor a separator after it
 * @example labelledTokens({ prompt, steps: [{ tokens, label: true }] }, { separator: tokenizer.encode('\n') })
 * @see TRL PRMTrainer.tokenize_row
 */
export const labelledTokens = (
  { prompt, steps }: Stepwise,
  { separator = Int32Array.of(), lastStepOnly = false, maxCompletion = Infinity }: StepwiseOptions = {},
): LabelledTokens => {
  const parts = steps.map(({ tokens, label }, i) => {
    const whole = [...tokens, ...separator]
    const learned = lastStepOnly && i < steps.length - 1 ? NO_STEP : Number(label)
    if (whole.length === 0 && learned !== NO_STEP) throw emptyStep(i)
    return { whole, labels: whole.map((_, t) => (t === whole.length - 1 ? learned : NO_STEP)) }
  })
  const cut = (of: readonly number[]): readonly number[] => of.slice(0, maxCompletion)
  return {
    tokens: Int32Array.of(...prompt, ...cut(parts.flatMap(({ whole }) => whole))),
    label: Int32Array.of(...prompt.map(() => NO_STEP), ...cut(parts.flatMap(({ labels }) => labels))),
  }
}
