import { isRight } from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fittedRow } from './fitted-row.ts'
import type { Truncation } from './truncation.ts'

const [prompt, chosen, rejected] = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6, 7), Int32Array.of(8, 9)]
const row = { prompt, completions: [chosen, rejected] }
const fit = (maxLength: number, truncate?: Truncation) =>
  fittedRow({ maxLength, ...(truncate === undefined ? {} : { truncate }) })(row, 'pairs.jsonl:3')

test('what fits stays as it is, whatever would be cut', () => {
  for (const truncate of [undefined, 'keepStart', 'keepEnd'] as const)
    expect(fit(7, truncate)).toEqual({ _tag: 'Right', right: row })
})

test('what does not fit is a fault, unless it is said what stays', () => {
  expect(fit(6)).toMatchObject({
    left: {
      _tag: 'RowTooLong',
      message: expect.stringContaining('pairs.jsonl:3 has 3 tokens of prompt and 4 of completion, 6 fit. Shorten it'),
    },
  })
  expect(fit(5, 'keepStart')).toMatchObject({ right: { prompt, completions: [Int32Array.of(4, 5), rejected] } })
  // Both completions after the prompt that is left for the longer one.
  expect(fit(5, 'keepEnd')).toMatchObject({ right: { prompt: Int32Array.of(3), completions: [chosen, rejected] } })
})

test('a row of which nothing would be left to learn from, or to learn it after, is a fault', () => {
  expect(fit(3, 'keepStart')).toMatchObject({
    left: { message: expect.stringContaining('leaves the completion none') },
  })
  expect(fit(4, 'keepEnd')).toMatchObject({ left: { message: expect.stringContaining('leaves the prompt none') } })
  expect(() => fittedRow({ maxLength: 1 })).toThrow(
    'fittedRow: maxLength must be a whole number of at least 2, found 1',
  )
  expect(() => fit(5, 'keep_end' as never)).toThrow('truncate must be keepStart or keepEnd, found keep_end')
})

test('one completion is cut as the row of prompt and completion would be', () => {
  const tokens = fc.array(fc.nat(99), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(
      tokens,
      tokens,
      fc.integer({ min: 2, max: 14 }),
      fc.constantFrom('keepStart', 'keepEnd'),
      (a, b, n, truncate) => {
        const fitted = fittedRow({ maxLength: n, truncate })(
          { prompt: Int32Array.from(a), completions: [Int32Array.from(b)] },
          '',
        )
        const whole = [...a, ...b]
        const cut = truncate === 'keepStart' ? whole.slice(0, n) : whole.slice(-n)
        const possible = whole.length <= n || (truncate === 'keepStart' ? a.length < n : b.length < n)
        expect(isRight(fitted)).toBe(possible)
        if (isRight(fitted)) expect([...fitted.right.prompt, ...fitted.right.completions[0]!]).toEqual(cut)
      },
    ),
  )
})
