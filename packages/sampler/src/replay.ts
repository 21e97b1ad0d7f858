import { type Annotated, fold, keyOf } from '@gfnlm/env'
import { type OperatorFunction, map } from 'rxjs'
import { checkCount } from './check-count.ts'
import { type Priority, type ReplayBuffer, type ReplayEntry, addAll, drawRows } from './replay-buffer.ts'

/** Where a run keeps its newest buffer: stages read and replace the value, checkpoints save it. */
export interface ReplayCell {
  current: ReplayBuffer
}

export interface ReplayOptions {
  /** Replayed completions a prompt, added to the sampled ones: a whole number from 0. */
  readonly perPrompt: number
  readonly priority?: Priority
}

type Rows = {
  -readonly [K in 'group' | 'tokens' | 'length' | 'logPF' | 'logBehaviour' | 'logReward' | 'keep']: Annotated[K]
} & { readonly sampledAt: Int32Array }

const enlarged = (batch: Annotated, rows: number): Rows => {
  const { width } = batch
  const grow = <A extends Int32Array | Float32Array | Uint8Array>(given: A, size: number, padding: number): A => {
    const grown = new (given.constructor as new (n: number) => A)(size).fill(padding) as A
    grown.set(given)
    return grown
  }
  return {
    group: grow(batch.group, rows, 0),
    tokens: grow(batch.tokens, rows * width, batch.mdp.terminator),
    length: grow(batch.length, rows, 0),
    logPF: grow(batch.logPF, rows * width, NaN),
    logBehaviour: grow(batch.logBehaviour, rows * width, NaN),
    logReward: grow(batch.logReward, rows * width, NaN),
    keep: grow(batch.keep, rows, 0),
    sampledAt: grow(batch.sampledAt ?? new Int32Array(batch.rows).fill(batch.step), rows, batch.step),
  }
}

/**
 * A batch with `perPrompt` stored completions of each prompt added. A prompt without any gets rows that count for
 * nothing (keep 0), so that batches keep their shape.
 *
 * @throws RangeError when `perPrompt` is no whole number from 0
 */
export const withReplay = (
  batch: Annotated,
  buffer: ReplayBuffer,
  { perPrompt, priority = 'uniform' }: ReplayOptions,
): Annotated => {
  checkCount('perPrompt', perPrompt, 0)
  const { width } = batch
  const total = batch.rows + perPrompt * batch.prompts.length
  const rows = enlarged(batch, total)
  const place = (row: number, { tokens, prefixLogReward, step }: ReplayEntry): void => {
    rows.tokens.set(tokens, row * width)
    rows.length[row] = tokens.length
    rows.logReward.set(prefixLogReward, row * width)
    rows.keep[row] = 1
    rows.sampledAt[row] = step
  }
  batch.prompts.forEach((prompt, g) => {
    const first = batch.rows + g * perPrompt
    rows.group.fill(g, first, first + perPrompt)
    const fits = drawRows(buffer, prompt.id, perPrompt, fold(keyOf(batch.seed), 'replay', batch.step, g), priority)
    fits.filter(({ tokens }) => tokens.length < width).forEach((entry, i) => place(first + i, entry))
  })
  const replayed = Array.from({ length: total - batch.rows }, () => 'replay' as const)
  return { ...batch, ...rows, rows: total, origin: [...batch.origin, ...replayed] }
}

/**
 * Adds stored completions to each batch, then stores the batch's own. Rewards are stored untempered, so a replayed
 * row needs no scoring and always meets the temperature of its step.
 */
export const replay = (cell: ReplayCell, options: ReplayOptions): OperatorFunction<Annotated, Annotated> =>
  map((batch) => {
    const mixed = withReplay(batch, cell.current, options)
    cell.current = addAll(cell.current, batch)
    return mixed
  })
