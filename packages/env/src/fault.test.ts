import { expect, test } from 'vitest'
import { fault, isFault } from './fault.ts'

const detail = { path: './gpt2' }
const missing = fault('WeightsMissing', 'no model.safetensors in ./gpt2', 'Download the model again', detail)

test('a fault says what was wrong, what to do and where, and is a throwable Error', () => {
  expect(missing).toBeInstanceOf(Error)
  expect(missing._tag).toBe('WeightsMissing')
  expect(String(missing)).toBe('WeightsMissing: no model.safetensors in ./gpt2. Download the model again')
  expect(missing.detail).toEqual({ path: './gpt2' })
})

test('only an Error with a tag and a fix is a fault', () => {
  expect(isFault(missing)).toBe(true)
  expect(isFault(new Error('other'))).toBe(false)
  expect(isFault({ _tag: 'WeightsMissing', fix: 'no Error' })).toBe(false)
  expect(isFault(undefined)).toBe(false)
})
