import { type TokenMDP, enumerateCompletions, exceptTokens, tokenMDP } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { type Beam, beamSearch } from './beam-search.ts'
import { learnedLogProb } from './behaviour.ts'
import { irregular, tableDecoder } from './table-decoder.test.fixture.ts'

const VOCAB = 5
const table = irregular(VOCAB)
const prompt = { id: 'p', text: '', tokens: Int32Array.of(2, 3), row: {} }
const mdp = tokenMDP({ terminator: 4, maxLength: 3, logitShift: exceptTokens(VOCAB, [1]) })
const search = (beams: number, rules: TokenMDP = mdp): Promise<Beam[]> =>
  beamSearch(tableDecoder(table), prompt, rules, null, beams)

const enumerated = (rules: TokenMDP): Beam[] =>
  enumerateCompletions(rules, VOCAB)
    .map((tokens) => ({
      tokens,
      logProb: [...tokens, 4].reduce(
        (sum, token, t) =>
          sum + learnedLogProb(Float32Array.from(table(prompt.tokens, [...tokens.subarray(0, t)])), rules, t, token),
        0,
      ),
    }))
    .sort((a, b) => b.logProb - a.logProb)

test.each<[string, TokenMDP]>([
  ['a forced leaf', mdp],
  ['a minimum length', { ...mdp, minLength: 2 }],
  ['a free leaf', { ...mdp, leaf: 'free' }],
  ['several ids that end a completion', { ...mdp, ends: [0] }],
])('with room for every prefix it finds the likeliest completions in order: %s', async (_, rules) => {
  const all = enumerated(rules)
  const found = await search(27, rules)
  expect(found.map(({ tokens }) => [...tokens])).toEqual(all.slice(0, 27).map(({ tokens }) => [...tokens]))
  found.forEach(({ logProb }, i) => expect(logProb).toBeCloseTo(all[i]!.logProb, 9))
})

test('few beams give completions of the MDP with their own log-probs, best first, none twice', async () => {
  const exact = new Map(enumerated(mdp).map(({ tokens, logProb }) => [tokens.join(' '), logProb]))
  for (const beams of [1, 2, 4]) {
    const found = await search(beams)
    expect(found.length).toBe(beams)
    expect(new Set(found.map(({ tokens }) => tokens.join(' '))).size).toBe(beams)
    found.forEach(({ tokens, logProb }) => expect(logProb).toBeCloseTo(exact.get(tokens.join(' '))!, 9))
    expect(found.map(({ logProb }) => logProb)).toEqual(found.map(({ logProb }) => logProb).sort((a, b) => b - a))
  }
})

// Terminator 3. First: 2 → 0.5, end → 0.3, 1 → 0.19, 0 → 0.01. After 2: 2 → 0.9, end → 0.1. After 1: end → 0.9, 2 → 0.1.
const few = tableDecoder(([, ...tokens]) => {
  const after: Readonly<Record<string, readonly number[]>> = {
    '': [0.01, 0.19, 0.5, 0.3],
    2: [0, 0, 0.9, 0.1],
    1: [0, 0, 0.1, 0.9],
  }
  return (after[tokens.join(' ')] ?? [0, 0, 0.5, 0.5]).map((p) => Math.log(p))
})

test('it goes on while one live beam can still beat a finished one', async () => {
  const two = tokenMDP({ terminator: 3, maxLength: 2 })
  const found = async (beams: number) =>
    (await beamSearch(few, { ...prompt, tokens: Int32Array.of(0) }, two, null, beams)).map(({ tokens, logProb }) => [
      tokens.join(' '),
      Math.exp(logProb),
    ])
  // finished are '' and '1' (0.17) when '2 2' lives with 0.45
  expect(await found(2)).toEqual([
    ['2 2', expect.closeTo(0.45, 6)],
    ['', expect.closeTo(0.3, 6)],
  ])
  expect(await found(1)).toEqual([['2 2', expect.closeTo(0.45, 6)]])
})

test('it is deterministic, ties included', async () => {
  const flat = tableDecoder(() => [0, 0, 0, 0, 0])
  const once = await beamSearch(flat, prompt, mdp, null, 5)
  expect(await beamSearch(flat, prompt, mdp, null, 5)).toEqual(once)
  expect(await search(3)).toEqual(await search(3))
})

test('a mask of another length than the vocabulary is refused', async () => {
  const asked = { opened: 0, closed: 0, steps: 0 }
  for (const length of [VOCAB - 1, VOCAB + 1]) {
    const rules = tokenMDP({ terminator: 3, maxLength: 3, logitShift: new Float32Array(length) })
    await expect(beamSearch(tableDecoder(table, asked), prompt, rules, null, 2)).rejects.toThrow(
      `the mask (logitShift) has ${length} numbers, and the vocabulary ${VOCAB} tokens`,
    )
  }
  expect(asked).toMatchObject({ opened: 2, closed: 2 })
})

test('every decoding it opens is closed; no beams is an error', async () => {
  const asked = { opened: 0, closed: 0, steps: 0 }
  await beamSearch(tableDecoder(table, asked), prompt, mdp, null, 4)
  expect(asked.opened).toBeGreaterThan(0)
  expect(asked.closed).toBe(asked.opened)
  await expect(search(0)).rejects.toThrow(RangeError)
})
