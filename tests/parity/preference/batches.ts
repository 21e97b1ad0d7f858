import { hostTensor, hostZeros } from '@gfnlm/jit'
import { labelledTokens, packPairs, rewardModel } from '@gfnlm/trainer'
import { type Comparison, inFloat32, inFloat64 } from '../comparison.ts'
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
    inFloat64(
      'input_ids',
      cells((row, c, within) => (within ? packed.tokens.data[row * columns + c] : number(inputs.pad_token_id))),
      expected.input_ids,
    ),
    inFloat64(
      'attention_mask',
      cells((_row, _c, within) => Number(within)),
      expected.attention_mask,
    ),
    inFloat32('margin', packed.margin.data as Float32Array, expected.margin),
  ]
  return [{ part: '', comparisons }]
}

/** Completions after their prompts, chosen over rejected ones, and which of their columns are the completion's. */
export const collatedCompletions: Checker = ({ inputs, expected }) => {
  const examples = list(inputs.examples).map(record)
  const { tokens, mask } = packPairs({
    pairs: examples.map(({ prompt_ids, chosen_ids, rejected_ids }) => ({
      prompt: ids(prompt_ids),
      chosen: ids(chosen_ids),
      rejected: ids(rejected_ids),
    })),
    width: typeof inputs.pad_to_multiple_of === 'number' ? inputs.pad_to_multiple_of : 0,
  }) as Readonly<Record<'tokens' | 'mask', HostTensor>>
  const [rows, columns] = tokens.shape
  const width = list(list(expected.input_ids)[0]).length
  // Column c of the mask is about the token in column c + 1; nothing predicts the first.
  const completion = (row: number): number[] => [
    0,
    ...mask.data.subarray(row * (columns - 1), (row + 1) * (columns - 1)),
  ]
  const cells = (of: (row: number, column: number) => number): number[] =>
    Array.from({ length: rows * width }, (_, cell) => of(Math.floor(cell / width), cell % width))
  const found: Readonly<Record<string, number[]>> = {
    input_ids: cells((row, c) =>
      c > completion(row).lastIndexOf(1) ? number(inputs.pad_token_id) : tokens.data[row * columns + c],
    ),
    attention_mask: cells((row, c) => Number(c <= completion(row).lastIndexOf(1))),
    completion_mask: cells((row, c) => completion(row)[c]),
  }
  const comparisons = Object.entries(expected).map(([key, reference]): Comparison => {
    if (found[key] === undefined) throw new Error(`${key}: nothing to compare it with`)
    return inFloat64(key, found[key], flatten(reference))
  })
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
    return inFloat64(key, found[key], flatten(reference))
  })
  return [{ part: '', comparisons }]
}
