import { type TokenMDP, enumerateCompletions, keyOf, onlyTokens, tokenMDP } from '@gfnlm/env'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { behaviour, learnedLogProb } from './behaviour.ts'
import { type Exploration, type Explore, exploring, onPolicy, tempered } from './exploration.ts'
import { type Completions, rollout, rowKeys } from './rollout.ts'
import { type Asked, type Table, irregular, tableDecoder } from './table-decoder.test.fixture.ts'

const VOCAB = 5
const table = irregular(VOCAB)
const mdp = tokenMDP({ terminator: 4, minLength: 1, maxLength: 3, logitShift: onlyTokens(VOCAB, [0, 1, 3], 4) })
const prompts = [3, 2].map((id) => ({ id: `p${id}`, text: '', tokens: Int32Array.of(id), row: {} }))

interface Given {
  readonly slots?: number
  readonly rules?: TokenMDP
  readonly explore?: Explore
  readonly perPrompt?: number
  readonly seed?: number
  readonly of?: typeof prompts
  readonly states?: Table
}

const drawn = async ({
  slots,
  rules = mdp,
  explore = onPolicy,
  perPrompt = 40,
  seed = 1,
  of = prompts,
  states = table,
}: Given = {}) => {
  const asked: Asked = { opened: 0, closed: 0, steps: 0 }
  const group = Int32Array.from({ length: of.length * perPrompt }, (_, row) => Math.floor(row / perPrompt))
  const decoding = await tableDecoder(
    states,
    asked,
  )({
    prompts: of.map((p) => p.tokens),
    group,
    maxLength: rules.maxLength,
    trainable: null,
    ...(slots === undefined ? {} : { slots }),
  })
  const completions = await rollout(decoding, rules, rowKeys(seed, 0, of, perPrompt), explore)
  return { ...completions, asked, rows: group.length, group }
}
const width = mdp.maxLength + 1
const rowOf = ({ tokens, length }: Completions, row: number): number[] => [
  ...tokens.subarray(row * width, row * width + length[row]!),
]
const key = (tokens: Iterable<number>): string => [...tokens].join(' ')

/** Calls `f` at every state of every row. */
const eachState = (
  c: Awaited<ReturnType<typeof drawn>>,
  f: (cell: number, t: number, logits: Float32Array, row: number) => void,
): void => {
  for (let row = 0; row < c.rows; row++)
    for (let t = 0; t <= c.length[row]!; t++)
      f(
        row * width + t,
        t,
        Float32Array.from(table(prompts[c.group[row]!]!.tokens, [...c.tokens.subarray(row * width, row * width + t)])),
        row,
      )
}

test('every completion is legal: long enough, ended by the terminator, no masked token', async () => {
  const c = await drawn({ perPrompt: 300 })
  expect(new Set(c.length)).toEqual(new Set([1, 2, 3]))
  for (let row = 0; row < c.rows; row++) {
    expect(c.tokens[row * width + c.length[row]!]).toBe(4)
    expect(rowOf(c, row).every((token) => [0, 1, 3].includes(token))).toBe(true)
  }
})

test.each<[string, Exploration]>([
  ['the policy itself', { temperature: 1 }],
  ['ε alone', { temperature: 1, epsilon: 0.3 }],
  ['top-k alone', { temperature: 1, topK: 2 }],
  ['top-p alone', { temperature: 1, topP: 0.6 }],
  ['min-p alone', { temperature: 1, minP: 0.5 }],
  ['T = 2, ε = 0.2', { temperature: 2, epsilon: 0.2 }],
  ['top-k and min-p', { temperature: 0.7, topK: 2, minP: 0.3 }],
])('log-probs are those of the distribution drawn from and of the learned one: %s', async (_, exploration) => {
  for (const leaf of ['forced', 'free'] as const) {
    const rules = { ...mdp, leaf }
    const c = await drawn({ rules, explore: exploring(exploration) })
    eachState(c, (cell, t, logits) => {
      const token = c.tokens[cell]!
      expect(c.logBehaviour[cell]).toBeCloseTo(
        Math.log(behaviour(logits, rules, t, exploration, new Float64Array(VOCAB))[token]!),
        5,
      )
      expect(c.logPF[cell]).toBeCloseTo(learnedLogProb(logits, rules, t, token), 5)
    })
  }
})

test('past the terminator there are no log-probs, and no token', async () => {
  const c = await drawn()
  for (let row = 0; row < c.rows; row++)
    for (let t = c.length[row]! + 1; t < width; t++)
      expect([c.logPF[row * width + t], c.logBehaviour[row * width + t], c.tokens[row * width + t]]).toEqual([
        NaN,
        NaN,
        0,
      ])
})

test('completions come with the probability of their path (χ² of 8000, p > 0.001)', async () => {
  const n = 8000
  const c = await drawn({ perPrompt: n, of: prompts.slice(0, 1) })
  const all = enumerateCompletions(mdp, VOCAB)
  const probability = (tokens: Int32Array): number => {
    const logits = (t: number) => Float32Array.from(table(prompts[0]!.tokens, [...tokens.subarray(0, t)]))
    return Math.exp([...tokens, 4].reduce((sum, token, t) => sum + learnedLogProb(logits(t), mdp, t, token), 0))
  }
  const counts = new Map(all.map((tokens) => [key(tokens), 0]))
  for (let row = 0; row < n; row++) counts.set(key(rowOf(c, row)), counts.get(key(rowOf(c, row)))! + 1)
  expect(all.reduce((sum, tokens) => sum + probability(tokens), 0)).toBeCloseTo(1, 6)
  // rare completions share a cell
  const cells = new Map<string, { expected: number; found: number }>()
  for (const tokens of all) {
    const expected = n * probability(tokens)
    const name = expected < 5 ? 'rare' : key(tokens)
    const cell = cells.get(name) ?? { expected: 0, found: 0 }
    cells.set(name, { expected: cell.expected + expected, found: cell.found + counts.get(key(tokens))! })
  }
  const chi2 = [...cells.values()].reduce((sum, { expected, found }) => sum + (found - expected) ** 2 / expected, 0)
  const freedom = cells.size - 1
  // Wilson and Hilferty's approximation of the 0.999 quantile
  expect(freedom).toBeGreaterThan(10)
  expect(chi2).toBeLessThan(freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3)
})

test('the same seed draws the same bytes, another seed others', async () => {
  const explore = tempered(0.5, 2)
  const [a, b, c] = [await drawn({ explore }), await drawn({ explore }), await drawn({ explore, seed: 2 })]
  expect([a.tokens, a.logPF, a.logBehaviour]).toEqual([b.tokens, b.logPF, b.logBehaviour])
  expect(a.tokens).not.toEqual(c.tokens)
})

test("a row's completion depends on its prompt and its number, not on the other rows", async () => {
  const explore = tempered(0.5, 2)
  const all = await drawn({ explore })
  const few = await drawn({ explore, perPrompt: 7 })
  const alone = await drawn({ explore, perPrompt: 40, of: prompts.slice(1) })
  for (let i = 0; i < 40; i++) {
    if (i < 7) for (const g of [0, 1]) expect(rowOf(few, g * 7 + i)).toEqual(rowOf(all, g * 40 + i))
    expect(rowOf(alone, i)).toEqual(rowOf(all, 40 + i))
  }
})

test('a prompt that comes twice in a batch gets further completions, not the same again', () => {
  const [p] = prompts
  const keys = rowKeys(1, 0, [p!, p!], 2)
  expect(new Set(keys.map((k) => JSON.stringify(Object.values(k)))).size).toBe(4)
  expect(keys).toEqual(rowKeys(1, 0, [p!], 4))
  expect(rowKeys(1, 1, [p!], 1)).not.toEqual(rowKeys(1, 0, [p!], 1))
})

test('no token is decoded that nobody reads: after the last row ended, or before a forced stop', async () => {
  const never: Table = () => [1, 1, 1, 1, -1e4]
  expect((await drawn({ states: never })).asked).toMatchObject({ opened: 1, closed: 1, steps: 2 })
  expect((await drawn({ states: never, rules: { ...mdp, leaf: 'free' } })).asked.steps).toBe(3)
  expect((await drawn({ states: () => [0, 0, 0, 0, 1e4] })).asked.steps).toBe(1)
})

test('however many slots there are, the same completions are drawn, and no slot is empty while a row waits', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom('forced' as const, 'free' as const),
      async (slots, perPrompt, leaf) => {
        const rules = { ...mdp, minLength: 0, leaf }
        const explore = tempered(0.5, 2)
        const [all, some] = [
          await drawn({ rules, explore, perPrompt }),
          await drawn({ rules, explore, perPrompt, slots }),
        ]
        expect([some.tokens, some.length, some.logPF, some.logBehaviour]).toEqual([
          all.tokens,
          all.length,
          all.logPF,
          all.logBehaviour,
        ])
        // Every token but the last of a row is appended, in a slot of its own.
        const appended = all.length.reduce(
          (sum, l) => sum + (leaf === 'forced' ? Math.min(l, rules.maxLength - 1) : l),
          0,
        )
        expect(some.asked.busy ?? 0).toBe(appended)
        // Slots are empty in the last steps only, when the last rows are longer than others.
        const count = Math.min(slots, some.rows)
        expect(some.asked.steps * count).toBeLessThan(appended + count * rules.maxLength + 1)
      },
    ),
    { numRuns: 60 },
  ))

test('rows that ended are not looked at any more, whatever their logits', async () => {
  const states: Table = (prompt, tokens) => (tokens.includes(4) ? [NaN, NaN, NaN, NaN, NaN] : table(prompt, tokens))
  expect((await drawn({ states })).tokens).toEqual((await drawn()).tokens)
})

test('the decoding is closed after an error too, whoever made it', async () => {
  const failing: readonly Given[] = [
    { states: () => [NaN, 0, 0, 0, 0] },
    {
      explore: () => {
        throw new RangeError('mine')
      },
    },
  ]
  for (const given of failing) {
    const asked: Asked = { opened: 0, closed: 0, steps: 0 }
    const decoding = await tableDecoder(
      given.states ?? table,
      asked,
    )({ prompts: [Int32Array.of(1)], group: Int32Array.of(0), maxLength: 3, trainable: null })
    await expect(rollout(decoding, mdp, [keyOf(1)], given.explore ?? onPolicy)).rejects.toThrow(RangeError)
    expect(asked.closed).toBe(1)
  }
  const asked: Asked = { opened: 0, closed: 0, steps: 0 }
  const decoding = await tableDecoder(
    table,
    asked,
  )({ prompts: [Int32Array.of(1)], group: Int32Array.of(0), maxLength: 3, trainable: null })
  const broken = { ...decoding, next: () => Promise.reject(new Error('device lost')) }
  await expect(rollout(broken, mdp, [keyOf(1)], onPolicy)).rejects.toThrow('device lost')
  expect(asked.closed).toBe(1)
})
