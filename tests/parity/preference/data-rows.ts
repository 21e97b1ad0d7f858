import {
  type PackedSequences,
  flushLeft,
  packBestFit,
  packBestFitSplit,
  packWrapped,
  unpaired,
  withPrompt,
} from '@gfnlm/data'
import { isDeepStrictEqual } from 'node:util'
import { type Comparison, inFloat64 } from '../comparison.ts'
import { type Json, list, matrix, number, numbers, record } from '../json.ts'
import type { Row } from '../registry.ts'
import type { Checker } from '../run-parity.ts'

/** 1 where two values are the same, whatever they are: for what is not made of numbers. */
const same = (what: string, found: unknown, expected: unknown): Comparison =>
  inFloat64(what, [Number(isDeepStrictEqual(found, expected))], [1])

const STRATEGIES: Readonly<Record<string, (rows: readonly Int32Array[], length: number) => PackedSequences[]>> = {
  bfd: packBestFit,
  bfd_split: packBestFitSplit,
  wrapped: packWrapped,
}

/** Sequences packed into rows of one length. */
const packing: Checker = ({ inputs, expected }) => {
  const sequences = list(inputs.input_ids).map((row) => Int32Array.from(numbers(row)))
  const rows = STRATEGIES[String(inputs.strategy)](sequences, number(inputs.seq_length))
  const found: Readonly<Record<string, unknown>> = {
    input_ids: rows.map(({ tokens }) => [...tokens]),
    seq_lengths: rows.map(({ lengths }) => lengths),
  }
  return [{ part: '', comparisons: Object.entries(expected).map(([key, wanted]) => same(key, found[key], wanted)) }]
}

const texts = (json: Json | undefined): string[] => list(json).map(String)

/** Preferences as single completions. */
const unpairing: Checker = ({ inputs, expected }) => {
  const [chosen, rejected] = [texts(inputs.chosen), texts(inputs.rejected)]
  const rows = unpaired(texts(inputs.prompt).map((prompt, i) => ({ prompt, chosen: chosen[i], rejected: rejected[i] })))
  const columns = (['prompt', 'completion', 'label'] as const).map((name) => {
    const column = rows.map((row) => row[name])
    return same(name, column, expected[name])
  })
  return [{ part: '', comparisons: columns }]
}

/** The prompt that two texts or conversations begin with. */
const prompting: Checker = ({ inputs, expected }) => {
  const found = record(withPrompt(inputs as never) as unknown as Json)
  return [{ part: '', comparisons: Object.entries(expected).map(([key, wanted]) => same(key, found[key], wanted)) }]
}

/** Padding anywhere, moved to the right. */
const flushing: Checker = ({ inputs, expected }) => {
  const { tokens, mask } = flushLeft({ tokens: matrix(inputs.tensor), mask: matrix(inputs.mask) })
  return [{ part: '', comparisons: [same('tensor', tokens, expected.tensor), same('mask', mask, expected.mask)] }]
}

/** How datasets become rows. */
export const DATA_ROWS: readonly Row[] = [
  [/^trl_pack_/, packing],
  [/^trl_unpair/, unpairing],
  [/^trl_extract_prompt/, prompting],
  [/^trl_flush_left/, flushing],
]
