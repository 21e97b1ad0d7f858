import { hostTensor, hostZeros } from '@gfnlm/jit'
import { labelledTokens, rewardModel } from '@gfnlm/trainer'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Json, flatten, list, number, numbers, record } from '../json.ts'
import type { Checker } from '../run-parity.ts'

type HostTensor = ReturnType<typeof hostTensor>

const ids = (json: Json | undefined): Int32Array => Int32Array.from(numbers(json))

/** Chosen texts over rejected ones, padded at the right, with which of their columns are tokens. */
export const collatedPairs: Checker = ({ inputs, expected }) => {
  const examples = list(inputs.examples).map(record)
  const task = rewardModel({ head: { 'score.weight': hostZeros([1, 1]) } })
  const packed = task.pack({
    pairs: examples.map(({ chosen_ids, rejected_ids, margin }) => ({
      chosen: ids(chosen_ids),
      rejected: ids(rejected_ids),
      margin: number(margin),
    })),
  }) as Readonly<Record<'tokens' | 'end' | 'margin', HostTensor>>
  const width = list(list(expected.input_ids)[0]).length
  const columns = packed.tokens.shape[1]
  const cells = (of: (row: number, column: number, within: boolean) => number): number[] =>
    Array.from(packed.end.data).flatMap((end, row) => Array.from({ length: width }, (_, c) => of(row, c, c < end)))
  const comparisons: Comparison[] = [
    inFloat32(
      'input_ids',
      cells((row, c, within) => (within ? packed.tokens.data[row * columns + c] : number(inputs.pad_token_id))),
      expected.input_ids,
    ),
    inFloat32('attention_mask', cells((_row, _c, within) => Number(within)), expected.attention_mask),
    inFloat32('margin', packed.margin.data as Float32Array, expected.margin),
  ]
  return [{ part: '', comparisons }]
}

/** Solutions in steps as tokens with a label where a step ends. */
export const stepwiseRows: Checker = ({ inputs, expected }) => {
  const labels = list(inputs.labels)
  const { max_completion_length: longest } = inputs
  const { tokens, label } = labelledTokens(
    {
      prompt: Int32Array.of(number(inputs.bos), ...numbers(inputs.prompt_ids)),
      steps: list(inputs.steps).map((step, i) => ({ tokens: ids(step), label: Number(labels[i]) })),
    },
    {
      separator: ids(inputs.separator_ids),
      lastStepOnly: inputs.train_on_last_step_only === true,
      ...(typeof longest === 'number' ? { maxCompletion: longest } : {}),
    },
  )
  const found = { input_ids: tokens, labels: label }
  const comparisons = Object.entries(expected).map(([key, reference]): Comparison => {
    if (key !== 'input_ids' && key !== 'labels') throw new Error(`${key}: nothing to compare it with`)
    return inFloat32(key, found[key], flatten(reference))
  })
  return [{ part: '', comparisons }]
}
