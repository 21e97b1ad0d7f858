import { expect, test } from 'vitest'
import { type Judged } from '../completion-reward.ts'
import { promptOf } from '../testing/trajectories-of.ts'
import { llmJudge } from './llm-judge.ts'
import { parseScore } from './parse-score.ts'

const completion = (text: string): Judged => ({ prompt: promptOf('p', [1]), text, tokens: Int32Array.of(1) })

test.each([
  ['Good.\nScore: 4', 4],
  ['Score: 4.5', 4.5],
  ['Score: 4.', 4],
  ['Score: 4/5', 4],
  ['**Score:** 3', 3],
  ['**Score**: 0', 0],
  ['score:2\n', 2],
  ['Score: <total points>\n...\nScore: 2', 2],
  ['Score: 2\nScore: 11', 2],
  ['no score', null],
  ['Score: 1.2.3', null],
  ['Score: 9', null],
  ['Score: -1', null],
])('%j scores %j', (answer, expected) => expect(parseScore()(answer)).toBe(expected))

test('range and label are choices', () => {
  expect(parseScore({ range: [-1, 100], label: 'Rating (of 100)' })('Rating (of 100): -0.5')).toBe(-0.5)
})

test('scores that can be read are averaged, a completion without any is not judged', async () => {
  const answers = [
    ['Score: 1', 'none', 'Score: 4'],
    ['none', null, 'Score: 7'],
    ['Score: 5', 'Score: 5', 'Score: 5'],
  ].flat()
  const asked: string[] = []
  const judge = llmJudge({
    ask: async (prompts) => (asked.push(...prompts), answers),
    prompt: ({ text }) => text,
    logReward: (score) => 2 * score,
  })
  expect(await judge(['a', 'b', 'c'].map(completion))).toEqual([5, null, 10])
  expect(asked).toEqual(['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c'])
})

test('the default prompt shows what was asked and the response', async () => {
  const seen: string[] = []
  await llmJudge({ ask: async (prompts) => (seen.push(...prompts), ['Score: 1']), samples: 1 })([
    completion('the reply'),
  ])
  expect(seen[0]).toContain(`Asked:\n${promptOf('p', [1]).text}\n\nResponse:\nthe reply\n`)
})

test('answers that do not fit the prompts are an error; so is no sample', async () => {
  await expect(llmJudge({ ask: async () => [] })([completion('a')])).rejects.toThrow('0 answers to 3 prompts')
  expect(() => llmJudge({ ask: async () => [], samples: 0 })).toThrow('samples must be a whole number of at least 1')
})
