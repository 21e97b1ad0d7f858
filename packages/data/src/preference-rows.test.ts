import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unpaired, withPrompt } from './preference-rows.ts'

test('the prompt of two texts is what they begin with, without the space before they part', () => {
  expect(withPrompt({ chosen: 'The sky is blue.', rejected: 'The sky is green.' })).toEqual({
    prompt: 'The sky is',
    chosen: ' blue.',
    rejected: ' green.',
  })
  expect(withPrompt({ chosen: 'yes', rejected: 'no' })).toEqual({ prompt: '', chosen: 'yes', rejected: 'no' })
})

test('no character is cut in two', () => {
  expect(withPrompt({ chosen: 'I like 😀', rejected: 'I like 😁' })).toEqual({
    prompt: 'I like',
    chosen: ' 😀',
    rejected: ' 😁',
  })
})

test('the prompt of two conversations is the messages they share', () => {
  const [asked, blue, green] = [
    { role: 'user', content: 'What color is the sky?' },
    { role: 'assistant', content: 'Blue.' },
    { role: 'assistant', content: 'Green.' },
  ]
  expect(withPrompt({ chosen: [asked, blue], rejected: [asked, green] })).toEqual({
    prompt: [asked],
    chosen: [blue],
    rejected: [green],
  })
  // as a row of a file may be
  expect(() => withPrompt({ chosen: 'text', rejected: [green] } as never)).toThrow('both be text or both be messages')
})

test('prompt and completions are the texts again', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 8 })
  fc.assert(
    fc.property(text, text, text, (start, a, b) => {
      const given = { chosen: start + a, rejected: start + b }
      const { prompt, chosen, rejected } = withPrompt(given)
      expect({ chosen: prompt + chosen, rejected: prompt + rejected }).toEqual(given)
    }),
  )
})

test('unpaired: every completion with its prompt, the chosen ones first', () => {
  const rows = [
    { prompt: 'The sky is', chosen: ' blue.', rejected: ' green.' },
    { prompt: 'The sun is', chosen: ' in the sky.', rejected: ' in the sea.' },
  ]
  expect(unpaired(rows)).toEqual([
    { prompt: 'The sky is', completion: ' blue.', label: true },
    { prompt: 'The sun is', completion: ' in the sky.', label: true },
    { prompt: 'The sky is', completion: ' green.', label: false },
    { prompt: 'The sun is', completion: ' in the sea.', label: false },
  ])
})
