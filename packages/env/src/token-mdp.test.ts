import { expect, test } from 'vitest'
import { enumerateCompletions, exceptTokens, legalTokens, onlyTokens, stateShift, tokenMDP } from './token-mdp.ts'

const mdp = tokenMDP({ terminator: 0, maxLength: 3 })

test('the defaults are the whole vocabulary, no minimum length and a forced leaf', () => {
  expect(mdp).toEqual({ terminator: 0, maxLength: 3, minLength: 0, leaf: 'forced' })
  expect(legalTokens(mdp, 4)).toEqual([1, 2, 3])
})

test.each([
  { minLength: 3, maxLength: 2 },
  { minLength: -1, maxLength: 2 },
  { maxLength: 1.5 },
  { maxLength: Infinity },
])('lengths that no completion has are refused: %o', (lengths) => {
  expect(() => tokenMDP({ terminator: 0, ...lengths })).toThrow('0 ≤ minLength ≤ maxLength')
})

test.each([undefined!, NaN, -1, 1.5])('%s ends no completion', (id) => {
  expect(() => tokenMDP({ terminator: id, maxLength: 2 })).toThrow(`tokenMDP: ${id} is no token id`)
  expect(() => tokenMDP({ terminator: 0, ends: [0, id], maxLength: 2 })).toThrow(`tokenMDP: ${id} is no token id`)
})

test.each([undefined!, -1, 4])('an id of %s masks nothing, so it is refused', (id) => {
  expect(() => exceptTokens(4, [1, id])).toThrow(`exceptTokens: ${id} is no token id of the 4 of the vocabulary`)
  expect(() => onlyTokens(4, [1, id], 0)).toThrow(`onlyTokens: ${id} is no token id of the 4 of the vocabulary`)
  expect(() => onlyTokens(4, [1], id)).toThrow(`onlyTokens: ${id} is no token id of the 4 of the vocabulary`)
})

test.each([3, 5])('a shift of %i numbers is none for 4 tokens', (size) => {
  const shifted = { ...mdp, logitShift: new Float32Array(size) }
  expect(() => legalTokens(shifted, 4)).toThrow(`has ${size} numbers, and the vocabulary 4 tokens`)
  expect(() => stateShift(shifted, 4, 0)).toThrow(RangeError)
})

test('a completion is any string of non-terminators: two legal tokens up to length 3 make 1 + 2 + 4 + 8', () => {
  const all = enumerateCompletions(mdp, 3)
  expect(all.length).toBe(15)
  expect(all.slice(0, 7).map((tokens) => tokens.join(''))).toEqual(['', '1', '2', '11', '12', '21', '22'])
  expect(new Set(all.map((tokens) => tokens.join(' '))).size).toBe(15)
})

test('the minimum length leaves out what is shorter', () => {
  expect(enumerateCompletions({ ...mdp, minLength: 2 }, 3).map((tokens) => tokens.length)).toEqual([
    2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
  ])
})

test('illegal tokens are in no completion, tokens with a finite penalty are', () => {
  const legal = (logitShift: Float32Array): string[] =>
    enumerateCompletions({ ...mdp, maxLength: 1, logitShift }, 4).map((tokens) => tokens.join(''))
  expect(legal(onlyTokens(4, [2], 0))).toEqual(['', '2'])
  expect(legal(exceptTokens(4, [2]))).toEqual(['', '1', '3'])
  expect(legal(exceptTokens(4, [2], -99))).toEqual(['', '1', '2', '3'])
})

test('a shift is 0 where legal, the penalty where not, and never closes the terminator', () => {
  expect([...onlyTokens(4, [2], 0)]).toEqual([0, -Infinity, 0, -Infinity])
  expect([...exceptTokens(4, [1, 3], -50)]).toEqual([0, -50, 0, -50])
})

test('enumeration stops at its limit, not past it', () => {
  expect(enumerateCompletions(mdp, 3, 15).length).toBe(15)
  expect(() => enumerateCompletions(mdp, 3, 14)).toThrow(RangeError)
  expect(() => enumerateCompletions(tokenMDP({ terminator: 0, maxLength: 30 }), 50_257)).toThrow(/more than 100000/)
})

test('the shift of a state masks the terminator below the minimum length', () => {
  const late = { ...mdp, minLength: 1 }
  const penalised = exceptTokens(3, [2], -9)
  expect(stateShift(mdp, 3, 0)).toBeUndefined()
  expect([0, 1].map((t) => stateShift(late, 3, t))).toEqual([Float32Array.of(-Infinity, 0, 0), undefined])
  expect([0, 1].map((t) => stateShift({ ...late, logitShift: penalised }, 3, t))).toEqual([
    Float32Array.of(-Infinity, 0, -9),
    Float32Array.of(0, 0, -9),
  ])
  expect(penalised, 'the mask itself').toEqual(Float32Array.of(0, 0, -9))
})

test('ids that end a completion beside the terminator are in no completion, and masked in every state', () => {
  const several = tokenMDP({ terminator: 0, ends: [0, 2, 2], maxLength: 3 })
  expect(several.ends).toEqual([2])
  expect(legalTokens(several, 4)).toEqual([1, 3])
  expect(enumerateCompletions({ ...several, maxLength: 1 }, 4).map((tokens) => tokens.join(''))).toEqual(['', '1', '3'])
  expect(stateShift(several, 4, 0)).toEqual(Float32Array.of(0, 0, -Infinity, 0))
  expect(stateShift({ ...several, minLength: 1 }, 4, 0)).toEqual(Float32Array.of(-Infinity, 0, -Infinity, 0))
})
