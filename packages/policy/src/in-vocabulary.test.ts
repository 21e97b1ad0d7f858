import { hostTensor } from '@gfnlm/jit'
import { expect, test } from 'vitest'
import { inVocabulary } from './in-vocabulary.ts'

const policy = { name: 'tiny', vocabSize: 3 }
const ids = (...of: readonly number[]) => hostTensor(Int32Array.from(of), [2, of.length / 2])

test('arrays whose tokens a policy has are what they were; other numbers are not its business', () => {
  const arrays = { tokens: ids(0, 1, 2, 0), length: ids(9, 9), other: { next: ids(2, 2) }, branches: undefined }
  expect(inVocabulary(policy, arrays)).toBe(arrays)
})

test.each([3, -1, -100])('token %s is none, wherever it is', (id) => {
  expect(() => inVocabulary(policy, { mismatched: { tokens: ids(0, 1, 2, 0, id, 1) } })).toThrow(
    expect.objectContaining({
      _tag: 'TokenOutOfVocabulary',
      message: expect.stringMatching(`^tokens, row 1, column 1: token ${id} is none of the 3 of tiny\\. .*tokenizer`),
      detail: { array: 'tokens', row: 1, column: 1, token: id, vocabSize: 3 },
    }),
  )
})
