import { type Annotated, keyOf, tokenMDP } from '@gfnlm/env'
import { expect, test } from 'vitest'
import {
  type ReplayBuffer,
  type ReplayEntry,
  addAll,
  addEntry,
  bestEntries,
  drawRows,
  replayBuffer,
} from './replay-buffer.ts'

const entry = (logReward: number, ...tokens: readonly number[]): ReplayEntry => ({
  tokens: Int32Array.from(tokens),
  logReward,
  prefixLogReward: new Float32Array(tokens.length + 1).fill(logReward),
  step: 0,
})
const filled = (buffer: ReplayBuffer, ...entries: readonly ReplayEntry[]): ReplayBuffer =>
  entries.reduce((all, one) => addEntry(all, 'p', one), buffer)
const content = (buffer: ReplayBuffer, id = 'p'): (readonly [number, string])[] =>
  bestEntries(buffer, id).map(({ logReward, tokens }) => [logReward, tokens.join(' ')])

// Executed with both ReplayBuffer classes of gfn-lm-tuning: capacity 2, tolerance 0.25.
test('the reference scenario: near-copies replaced if better, copies skipped, the lowest evicted', () => {
  const steps = [
    [entry(-5, 1, 2, 3, 4), [[-5, '1 2 3 4']]],
    [entry(-6, 1, 2, 3, 5), [[-5, '1 2 3 4']]],
    [entry(-4, 1, 2, 3, 6), [[-4, '1 2 3 6']]],
    [
      entry(-7, 9, 9, 9, 9, 9),
      [
        [-4, '1 2 3 6'],
        [-7, '9 9 9 9 9'],
      ],
    ],
    [
      entry(-8, 8, 7, 6, 5),
      [
        [-4, '1 2 3 6'],
        [-7, '9 9 9 9 9'],
      ],
    ],
    [
      entry(-3.5, 8, 7, 6, 5, 4, 3),
      [
        [-3.5, '8 7 6 5 4 3'],
        [-4, '1 2 3 6'],
      ],
    ],
    [
      entry(-1, 8, 7, 6, 5, 4, 3),
      [
        [-3.5, '8 7 6 5 4 3'],
        [-4, '1 2 3 6'],
      ],
    ],
  ] as const
  let buffer = replayBuffer({ capacity: 2, tolerance: 0.25 })
  for (const [added, expected] of steps) {
    buffer = addEntry(buffer, 'p', added)
    expect(content(buffer)).toEqual(expected)
  }
})

test('similar is strictly below tolerance · (|a| + |b|): one edit of four tokens is not below 0.125 · 8', () => {
  const two = [entry(-1, 1, 2, 3, 4), entry(-2, 1, 2, 3, 5)]
  expect(content(filled(replayBuffer({ tolerance: 0.125 }), ...two)).length).toBe(2)
  expect(content(filled(replayBuffer({ tolerance: 0.126 }), ...two)).length).toBe(1)
})

test('adding changes no buffer but the one it returns', () => {
  const before = filled(replayBuffer({ capacity: 1 }), entry(-5, 1, 2))
  const after = filled(before, entry(-1, 7, 8, 9))
  expect(content(before)).toEqual([[-5, '1 2']])
  expect(content(after)).toEqual([[-1, '7 8 9']])
})

test('a buffer never holds more than its capacity, nor anything below what it turned away', () => {
  const random = Array.from({ length: 60 }, (_, i) => entry(-1 - ((i * 37) % 61), i, i + 100, i + 200))
  const kept = content(filled(replayBuffer({ capacity: 7 }), ...random)).map(([logReward]) => logReward)
  expect(kept).toEqual([-1, -2, -3, -4, -5, -6, -7])
})

const batch: Annotated = {
  step: 12,
  seed: 1,
  prompts: ['a', 'b'].map((id) => ({ id, text: '', tokens: Int32Array.of(), row: {} })),
  mdp: tokenMDP({ terminator: 9, maxLength: 2 }),
  rows: 4,
  width: 3,
  group: Int32Array.of(0, 1, 0, 1),
  tokens: Int32Array.of(1, 2, 9, 3, 9, 5, 4, 4, 9, 6, 6, 9),
  length: Int32Array.of(2, 1, 2, 2),
  logPF: new Float32Array(12),
  logBehaviour: new Float32Array(12),
  origin: ['policy', 'policy', 'policy', 'policy'],
  logReward: Float32Array.of(-1, -2, -3, -4, -5, NaN, -6, -7, NaN, -8, -9, -10),
  rewardTemperature: 0.5,
  keep: Uint8Array.of(1, 1, 1, 0),
}

test('a batch enters by prompt, untempered, without its padding, dropped rows and rewards that are not finite', () => {
  const buffer = addAll(replayBuffer(), batch)
  expect(content(buffer, 'a')).toEqual([[-3, '1 2']])
  expect(content(buffer, 'b')).toEqual([[-5, '3']])
  const [stored] = bestEntries(buffer, 'a')
  expect([...stored.prefixLogReward]).toEqual([-1, -2, -3])
  expect(stored.step).toBe(12)
})

test.each([NaN, Infinity, -Infinity])('a reward of %d never enters', (logReward) => {
  expect(content(filled(replayBuffer(), entry(logReward, 1)))).toEqual([])
})

const three = filled(replayBuffer(), entry(0, 1, 1, 1), entry(Math.log(2), 2, 2, 2), entry(Math.log(5), 3, 3, 3))
const shares = (priority: 'uniform' | 'reward'): number[] => {
  const drawn = drawRows(three, 'p', 8_000, keyOf(3), priority).map(({ tokens }) => tokens[0])
  return [1, 2, 3].map((id) => drawn.filter((first) => first === id).length / 8_000)
}

test('uniform draws take all alike, reward draws in proportion to R', () => {
  const error = 4 * Math.sqrt(0.25 / 8_000)
  for (const share of shares('uniform')) expect(Math.abs(share - 1 / 3)).toBeLessThan(error)
  shares('reward').forEach((share, i) => expect(Math.abs(share - [1, 2, 5][i] / 8)).toBeLessThan(error))
})

test('what is drawn depends on the key alone; a prompt without entries gives none', () => {
  expect(drawRows(three, 'p', 20, keyOf(1))).toEqual(drawRows(three, 'p', 20, keyOf(1)))
  expect(drawRows(three, 'p', 20, keyOf(1))).not.toEqual(drawRows(three, 'p', 20, keyOf(2)))
  expect(drawRows(three, 'unknown', 5, keyOf(1))).toEqual([])
})
