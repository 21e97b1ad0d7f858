import { keyOf } from '@gfnlm/env'
import { isLeft, isRight } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { addEntry, drawRows, replayBuffer } from './replay-buffer.ts'
import { replayBufferFromJSON, replayBufferToJSON } from './replay-buffer-json.ts'

const buffer = [-3.3, -1.1, -2.2, -0.1].reduce(
  (all, logReward, i) =>
    addEntry(all, `prompt ${i % 2}`, {
      tokens: Int32Array.of(10 * i, 10 * i + 1),
      logReward,
      prefixLogReward: Float32Array.of(NaN, -Infinity, logReward),
      step: i,
    }),
  replayBuffer({ capacity: 3, tolerance: 0.2 }),
)

test('a buffer comes back from its text bit for bit: NaN, infinities and order included', () => {
  const back = replayBufferFromJSON(JSON.parse(JSON.stringify(replayBufferToJSON(buffer))))
  expect(back).toEqual({ _tag: 'Right', right: buffer })
  if (isRight(back))
    expect(drawRows(back.right, 'prompt 1', 9, keyOf(1))).toEqual(drawRows(buffer, 'prompt 1', 9, keyOf(1)))
})

const saved = replayBufferToJSON(buffer)
const withEntry = (change: object): unknown => ({
  ...saved,
  prompts: [{ id: 'p', entries: [{ ...saved.prompts[0].entries[0], ...change }] }],
})
test.each([
  ['nothing', undefined],
  ['another version', { ...saved, version: 2 }],
  ['no capacity', { ...saved, capacity: 'many' }],
  ['no prompts', { ...saved, prompts: null }],
  ['a token that is no integer', withEntry({ tokens: [1, 'x'] })],
  ['a reward lost as null', withEntry({ logReward: null })],
  ['fewer rewards than prefixes', withEntry({ tokens: [1, 2, 3] })],
  ['damaged base64', withEntry({ prefixLogReward: '*' })],
])('%s is a fault that says what to do', (_, json) => {
  const back = replayBufferFromJSON(json)
  const told = { _tag: 'ReplayBufferInvalid', fix: expect.stringContaining('checkpoint') }
  expect(isLeft(back) && back.left).toMatchObject(told)
})
