import { expect, test } from 'vitest'
import { cosineLength } from './cosine-length.ts'
import { labelRewards } from './label-reward.ts'
import { repetitionPenalty, repetitionReward } from './repetition-penalty.ts'
import { softOverlong, softOverlongReward } from './soft-overlong.ts'
import { thinkFormat } from './think-format.ts'

// Figures of TRL's tests/test_rewards.py.
test.each([
  [50, 0],
  [80, 0],
  [90, -0.5],
  [100, -1],
  [110, -1],
])('of 100 tokens with a cache of 20, a completion of %i is punished with %d', (length, expected) => {
  expect(softOverlong({ maxLength: 100, cache: 20 })(length)).toBeCloseTo(expected, 12)
})

test('no completion is punished with a negative zero, and options are checked', () => {
  expect(softOverlong({ maxLength: 9, cache: 3 })(1)).toBe(0)
  expect(() => softOverlong({ maxLength: 9, cache: 0 })).toThrow('needs 0 < cache ≤ maxLength, found 0 and 9')
  expect(() => repetitionPenalty({ n: 0 })).toThrow('n must be a whole number of at least 1')
  expect(() => repetitionPenalty({ n: 2, most: 1 })).toThrow('most must be at most 0')
})

test('right answers are worth most when short, wrong ones when long', () => {
  const worth = cosineLength({ maxLength: 100 })
  const [lengths, right] = [
    [0, 50, 100, 200],
    [1, 0.75, 0.5, 0.5],
  ]
  expect(lengths.map((l) => worth(l, true))).toEqual(right.map((x) => expect.closeTo(x, 12)))
  expect(lengths.map((l) => worth(l, false))).toEqual(right.map((x) => expect.closeTo(-x, 12)))
})

test('ids are told apart however they are written: 1, 23 is not 12, 3', () => {
  expect(repetitionPenalty({ n: 2 })([1, 23, 12, 3])).toBeCloseTo(0, 12)
  expect(repetitionPenalty({ n: 2 })([5, 5, 5, 5, 5])).toBeCloseTo(-0.75, 12)
})

test('completions are judged by their tokens', async () => {
  const prompt = { id: '', text: '', tokens: new Int32Array(), row: {} }
  const judged = (tokens: readonly number[]) => ({ prompt, text: '', tokens: Int32Array.from(tokens) })
  expect(await repetitionReward({ n: 1 })([judged([7, 7]), judged([])])).toEqual([-0.5, 0])
  expect(await softOverlongReward({ maxLength: 2, cache: 1 })([judged([7, 7, 7])])).toEqual([-1])
})

test('only a text that thinks first, once, and stops thinking has the format', () => {
  const texts = ['<think>a</think>b', '<think>a', 'a<think>b</think>', '<think><think></think>']
  expect(texts.map(thinkFormat)).toEqual([1, 0, 0, 0])
})

test('a wrong label is worth what its input says', () => {
  expect([...labelRewards([1, 0, 2], [0, 1, 2], [true, false, true], { wrongOfModified: 0.5 })]).toEqual([0.5, -1, 1])
})

test('labels are for each prediction, and so is what was modified', () => {
  expect(() => labelRewards([1, 0], [1])).toThrow('2 predictions and 1 labels')
  expect(() => labelRewards([1, 0], [1, 0], [true])).toThrow('modified has 1 rows, there are 2 labels')
})
