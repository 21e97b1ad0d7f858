import { expect, test } from 'vitest'
import { promptsFault } from './prompts-fit.ts'

const prompt = (name: string, length: number) => ({ name, tokens: new Int32Array(length) })

test('a prompt fits when it and the longest completion take no more positions than the model has', () => {
  expect(promptsFault([prompt('a', 1), prompt('b', 12)], 4, 16)).toBeUndefined()
  expect(promptsFault([prompt('a', 1), prompt('b', 13)], 4, 16)).toMatchObject({
    _tag: 'PromptTooLong',
    message:
      "prompt b has 13 tokens; with up to 4 more it does not fit the model's 16 positions. Shorten it to 12 tokens, or lower the maximum length",
    detail: { prompt: 'b', length: 13, maxLength: 4, contextLength: 16 },
  })
})

test('an empty prompt and no prompts are faults of their own', () => {
  expect(promptsFault([prompt('a', 1), prompt('b', 0)], 4, 16)).toMatchObject({
    _tag: 'PromptEmpty',
    detail: { prompt: 'b' },
  })
  expect(promptsFault([], 4, 16)).toMatchObject({ _tag: 'NoPrompts' })
})
