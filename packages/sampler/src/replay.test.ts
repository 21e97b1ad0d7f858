import { type Annotated, tokenMDP } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { TestScheduler } from 'rxjs/testing'
import { addEntry, bestEntries, replayBuffer } from './replay-buffer.ts'
import { type ReplayCell, replay, withReplay } from './replay.ts'

const prompts = ['a', 'b'].map((id) => ({ id, text: '', tokens: Int32Array.of(1), row: {} }))
const batch = (step: number, first: number): Annotated => ({
  step,
  seed: 1,
  prompts,
  mdp: tokenMDP({ terminator: 9, maxLength: 2 }),
  rows: 2,
  width: 3,
  group: Int32Array.of(0, 1),
  tokens: Int32Array.of(first, 2, 9, 3, 9, 0),
  length: Int32Array.of(2, 1),
  logPF: new Float32Array(6).fill(-1),
  logBehaviour: new Float32Array(6).fill(-2),
  origin: ['policy', 'policy'],
  logReward: Float32Array.of(-1, -2, -3 - step, -4, -5, NaN),
  rewardTemperature: 0.5,
  keep: Uint8Array.of(1, 0),
})
const stored = { tokens: Int32Array.of(7), logReward: -6, prefixLogReward: Float32Array.of(-7, -6), step: 0 }

test('replayed rows come after the sampled ones, with their rewards, without log-probs', () => {
  const mixed = withReplay(batch(5, 1), addEntry(replayBuffer(), 'a', stored), { perPrompt: 1 })
  expect(mixed).toMatchObject({
    rows: 4,
    width: 3,
    rewardTemperature: 0.5,
    origin: ['policy', 'policy', 'replay', 'replay'],
  })
  expect([...mixed.group]).toEqual([0, 1, 0, 1])
  expect([...mixed.tokens]).toEqual([1, 2, 9, 3, 9, 0, 7, 9, 9, 9, 9, 9])
  expect([...mixed.length]).toEqual([2, 1, 1, 0])
  expect([...mixed.sampledAt!]).toEqual([5, 5, 0, 5])
  expect([...mixed.logReward.subarray(6)]).toEqual([-7, -6, NaN, NaN, NaN, NaN])
  expect([...mixed.logPF.subarray(6), ...mixed.logBehaviour.subarray(6)]).toEqual(Array(12).fill(NaN))
})

test('the batch keeps its shape: what the buffer lacks, or what is too long for the batch, counts for nothing', () => {
  const long = { ...stored, tokens: Int32Array.of(1, 2, 3), prefixLogReward: new Float32Array(4) }
  const empty = withReplay(batch(5, 1), replayBuffer(), { perPrompt: 3 })
  const outgrown = withReplay(batch(5, 1), addEntry(replayBuffer(), 'a', long), { perPrompt: 3 })
  for (const mixed of [empty, outgrown]) {
    expect(mixed.rows).toBe(8)
    expect([...mixed.keep]).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
    expect([mixed.tokens, mixed.logPF, mixed.logReward].map((x) => x.length)).toEqual([24, 24, 24])
    expect([...mixed.group]).toEqual([0, 1, 0, 0, 0, 1, 1, 1])
  }
})

test('what is replayed depends on seed, step and prompt alone', () => {
  const buffer = [1, 2, 3, 4, 5, 6].reduce(
    (b, id) => addEntry(b, 'a', { ...stored, tokens: Int32Array.of(id, id) }),
    replayBuffer({ tolerance: 0 }),
  )
  const rows = (step: number): Int32Array => withReplay(batch(step, 1), buffer, { perPrompt: 8 }).tokens
  expect(rows(5)).toEqual(rows(5))
  expect(rows(5)).not.toEqual(rows(6))
})

test('a batch meets what was stored before it, then enters untempered; dropped rows never do', () => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
    ({ cold, expectObservable, expectSubscriptions }) => {
      const cell: ReplayCell = { current: replayBuffer() }
      const options = { perPrompt: 1 }
      const [first, second] = [batch(0, 1), batch(1, 8)]
      const source = cold('a-b|', { a: first, b: second })
      const onlyFirst = addEntry(replayBuffer(), 'a', {
        tokens: Int32Array.of(1, 2),
        logReward: -3,
        prefixLogReward: Float32Array.of(-1, -2, -3),
        step: 0,
      })
      expectObservable(source.pipe(replay(cell, options))).toBe('x-y|', {
        x: withReplay(first, replayBuffer(), options),
        y: withReplay(second, onlyFirst, options),
      })
      expectSubscriptions(source.subscriptions).toBe('^--!')
    },
  )
})

test('unsubscribing ends the source at once and leaves the buffer as it is then', () => {
  const cell: ReplayCell = { current: replayBuffer({ tolerance: 0 }) }
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
    ({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-b-c|', { a: batch(0, 1), b: batch(1, 8), c: batch(2, 5) })
      const dated = (of: Annotated): Annotated => ({ ...of, sampledAt: new Int32Array(2).fill(of.step) })
      const expected = { x: dated(batch(0, 1)), y: dated(batch(1, 8)) }
      expectObservable(source.pipe(replay(cell, { perPrompt: 0 })), '^--!').toBe('x-y', expected)
      expectSubscriptions(source.subscriptions).toBe('^--!')
    },
  )
  expect(bestEntries(cell.current, 'a').map(({ tokens, logReward }) => [tokens.join(' '), logReward])).toEqual([
    ['1 2', -3],
    ['8 2', -4],
  ])
  expect(bestEntries(cell.current, 'b')).toEqual([])
})

test.each([-1, 1.5, NaN])('%s replayed completions a prompt are refused', (perPrompt) => {
  expect(() => withReplay(batch(5, 1), replayBuffer(), { perPrompt })).toThrow(`perPrompt ${perPrompt}: an integer`)
})
