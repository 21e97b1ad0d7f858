import { keyOf, logSumExp, normal, stateShift, tokenMDP, uniform } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { behaviour, drawAction, learnedLogProb } from './behaviour.ts'
import { draw } from './draw.ts'
import type { Exploration } from './exploration.ts'

// A rollout of gfn-lm-tuning's next-sentence sampler at T = 2: illegal token 1 at −99, terminator 5, minimum length 1,
// maximum length 3. Two rows of logits a step; the probabilities it drew from, and the learned log-probabilities.
const steps = [
  {
    logits: [0.2162, -0.8751, -1.5394, -0.3858, -0.7252, -5.6902],
    drawn: [0.3596683544117221, 6.627543541522513e-23, 0.14951285400551206, 0.2661825546605008, 0.2246362369222651, 0],
    logPF: [0, -0.7482610915137273],
    logTerminator: -6.654661091513727,
  },
  {
    logits: [2.5595, -2.5093, -2.0346, -3.3782, -1.0377, 2.3183],
    drawn: [
      0.4537542103551563, 1.1443737274441683e-23, 0.045627274583988915, 0.023305879424496755, 0.07511014712994733,
      0.4022024885064109,
    ],
    logPF: [3, -6.53973698780827],
    logTerminator: -0.8432369878082708,
  },
  {
    logits: [0.2579, 0.4053, 2.1002, 2.4484, -0.4242, -2.3696],
    drawn: [
      0.1336551519791391, 4.5752660498723196e-23, 0.33576549680820894, 0.3996195582448415, 0.0950319347269202,
      0.03592785824089017,
    ],
    logPF: [4, -3.505175773340718],
    logTerminator: -5.450575773340717,
  },
  {
    logits: [-2.4744, 3.3401, 2.0468, 3.2705, 0.6295, 1.9396],
    drawn: [0, 0, 0, 0, 0, 1],
    logPF: [5, -1.821238082566312],
    logTerminator: -1.821238082566312,
  },
] as const
const penalty = Float32Array.of(0, -99, 0, 0, 0, 0)
const reference = tokenMDP({ terminator: 5, minLength: 1, maxLength: 3, logitShift: penalty })

const explore = (logits: readonly number[], exploration: Exploration, mdp = free, t = 0): number[] => [
  ...behaviour(Float64Array.from(logits), mdp, t, exploration, new Float64Array(logits.length)),
]
const free = tokenMDP({ terminator: 0, maxLength: 9 })
/** Logits of these probabilities. */
const logs = (...probabilities: readonly number[]): number[] => probabilities.map(Math.log)
const near = (expected: readonly number[], digits = 12): unknown[] => expected.map((p) => expect.closeTo(p, digits))

test.each([0, 1, 2, 3])('the reference rollout draws step %i from the same probabilities', (t) => {
  const { logits, drawn } = steps[t]
  expect(explore(logits, { temperature: 2 }, reference, t)).toEqual(near(drawn, 9))
})

test('the penalty goes in before the division by T: at T = 2 an illegal token pays 49.5 nats', () => {
  const [p0, p1] = explore(steps[0].logits, { temperature: 2 }, reference, 1)
  expect(Math.log(p1 / p0)).toBeCloseTo((-0.8751 - 0.2162 - 99) / 2, 9)
})

test.each([0, 1, 2, 3])('the learned log-probabilities of step %i ignore temperature; a free leaf is free', (t) => {
  const mdp = { ...reference, minLength: 0, leaf: 'free' } as const
  const {
    logits,
    logPF: [token, logProb],
    logTerminator,
  } = steps[t]
  expect(learnedLogProb(Float64Array.from(logits), mdp, t, token)).toBeCloseTo(logProb, 9)
  expect(learnedLogProb(Float64Array.from(logits), mdp, t, 5)).toBeCloseTo(logTerminator, 9)
})

test('the minimum length masks the terminator in the learned policy too', () => {
  const logits = Float64Array.from(logs(0.5, 0.25, 0.25))
  const mdp = { ...free, minLength: 1 }
  expect(learnedLogProb(logits, mdp, 0, 0)).toBe(-Infinity)
  expect(learnedLogProb(logits, mdp, 0, 1)).toBeCloseTo(Math.log(0.5), 12)
  expect(learnedLogProb(logits, mdp, 1, 1)).toBeCloseTo(Math.log(0.25), 12)
})

test('before the leaf the learned policy is the log-softmax of logits plus the shift that the losses use', () => {
  const logits = Float64Array.from({ length: 20 }, (_, i) => 3 * normal(keyOf(6), i))
  const mdp = tokenMDP({ terminator: 7, minLength: 2, maxLength: 5, logitShift: penalised(20) })
  for (let t = 0; t < 5; t++) {
    const shift = stateShift(mdp, 20, t)!
    const shifted = logits.map((logit, token) => logit + shift[token])
    const expected = [...shifted].map((logit) => logit - logSumExp(shifted))
    expect(expected.map((_, token) => learnedLogProb(logits, mdp, t, token))).toEqual(near(expected))
  }
})

test('a forced leaf gives the terminator log-probability 0 and nothing else a chance', () => {
  const logits = Float64Array.from(logs(0.5, 0.25, 0.25))
  expect(learnedLogProb(logits, free, 9, 0)).toBe(0)
  expect(learnedLogProb(logits, free, 9, 1)).toBe(-Infinity)
  expect(learnedLogProb(logits, { ...free, leaf: 'free' }, 9, 0)).toBeCloseTo(Math.log(0.5), 12)
})

test('the sampler stops at the maximum length whichever the leaf, and whatever the logits', () => {
  for (const leaf of ['forced', 'free'] as const)
    expect(explore([NaN, 1, 2], { temperature: 1, epsilon: 0.5 }, { ...free, leaf }, 9)).toEqual([1, 0, 0])
})

test('without exploration the behaviour policy is the learned one', () => {
  const logits = Float32Array.from({ length: 40 }, (_, i) => 3 * normal(keyOf(1), i))
  const mdp = tokenMDP({ terminator: 7, minLength: 2, maxLength: 5, logitShift: penalised(40) })
  for (const t of [0, 1, 2, 4]) {
    const learned = Array.from(logits, (_, token) => Math.exp(learnedLogProb(logits, mdp, t, token)))
    expect([...behaviour(logits, mdp, t, { temperature: 1 }, new Float64Array(40))]).toEqual(near(learned))
  }
})
const penalised = (vocab: number): Float32Array =>
  Float32Array.from({ length: vocab }, (_, i) => (i % 3 === 0 ? -Infinity : i % 5 === 0 ? -4 : 0))

const five = logs(0.1, 0.4, 0.2, 0.25, 0.05)

test('top-k keeps the k likeliest, and those tied with the last', () => {
  expect(explore(five, { temperature: 1, topK: 2 })).toEqual(near([0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]))
  expect(explore([1, 2, 1, 0], { temperature: 1, topK: 2 }).map((p) => p > 0)).toEqual([true, true, true, false])
  expect(explore(five, { temperature: 1, topK: 99 })).toEqual(near([0.1, 0.4, 0.2, 0.25, 0.05]))
})

test('top-p keeps the smallest set that reaches p, and always the first', () => {
  expect(explore(five, { temperature: 1, topP: 0.6 })).toEqual(near([0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]))
  expect(explore(five, { temperature: 1, topP: 0.66 })).toEqual(near([0, 0.4 / 0.85, 0.2 / 0.85, 0.25 / 0.85, 0]))
  expect(explore(five, { temperature: 1, topP: 1e-9 })).toEqual([0, 1, 0, 0, 0])
  expect(explore([1, 1, 1, 1], { temperature: 1, topP: 0.5 })).toEqual([0.5, 0.5, 0, 0])
})

test('min-p keeps what is at least that fraction as likely as the likeliest', () => {
  expect(explore(five, { temperature: 1, minP: 0.45 })).toEqual(near([0, 0.4 / 0.85, 0.2 / 0.85, 0.25 / 0.85, 0]))
  expect(explore(five, { temperature: 1, minP: 1 })).toEqual([0, 1, 0, 0, 0])
})

test('the truncations chain: temperature, then top-k, then top-p of what top-k left', () => {
  // of 0.4 / 0.85, 0.25 / 0.85, 0.2 / 0.85 the first two hold 0.76; without top-k they would hold 0.65 and 0.2 joins
  expect(explore(five, { temperature: 1, topK: 3, topP: 0.7 })).toEqual(near([0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]))
  // at T = 1/2 the first alone holds 0.16 / 0.275 = 0.58, at T = 1 only 0.4
  expect(explore(five, { temperature: 0.5, topP: 0.5 })).toEqual([0, 1, 0, 0, 0])
})

test('ε spreads evenly over the legal actions, the terminator among them once it is allowed', () => {
  const mdp = { ...free, minLength: 1, logitShift: Float32Array.of(0, 0, -Infinity, 0, -50) }
  const at = (t: number): number[] => explore(five, { temperature: 1, topK: 1, epsilon: 0.3 }, mdp, t)
  expect(at(0)).toEqual(near([0, 0.8, 0, 0.1, 0.1]))
  expect(at(1)).toEqual(near([0.075, 0.775, 0, 0.075, 0.075]))
})

test('temperature 0 takes the likeliest legal action', () => {
  expect(explore([9, 1, 2, 2], { temperature: 0 }, { ...free, minLength: 1 })).toEqual([0, 0, 1, 0])
})

test('top-k and top-p agree with a full sort on many random rows', () => {
  const vocab = 300
  for (let row = 0; row < 200; row++) {
    const logits = Array.from({ length: vocab }, (_, i) => 4 * normal(keyOf(row), i))
    const plain = explore(logits, { temperature: 1 })
    const order = plain.map((_, i) => i).sort((a, b) => plain[b] - plain[a])
    const k = 1 + (row % vocab)
    const p = uniform(keyOf(row), 10_000)
    let mass = 0
    const nucleus = order.filter((i) => (mass += plain[i]) - plain[i] < p)
    const support = (exploration: Omit<Exploration, 'temperature'>): number[] =>
      explore(logits, { temperature: 1, ...exploration }).flatMap((q, i) => (q > 0 ? [i] : []))
    expect(support({ topK: k })).toEqual(order.slice(0, k).sort((a, b) => a - b))
    expect(support({ topP: p })).toEqual(nucleus.sort((a, b) => a - b))
  }
})

test('a model that diverged, or a mask that leaves nothing, is an error', () => {
  const truncated = { temperature: 1, topK: 2, topP: 0.5, minP: 0.1 }
  for (const exploration of [{ temperature: 1 }, { temperature: 0 }, truncated]) {
    expect(() => explore([0, NaN, 1], exploration)).toThrow(/NaN|diverged/)
    expect(() => explore([0, Infinity, 1], exploration)).toThrow(/diverged/)
    expect(() => explore([0, -Infinity, -Infinity], exploration, { ...free, minLength: 1 })).toThrow(/masks everything/)
  }
})

test('an action drawn without writing the distribution down is the one that is drawn from it', () => {
  const mdp = tokenMDP({ terminator: 7, minLength: 2, maxLength: 5, logitShift: penalised(20) })
  const ways: readonly Exploration[] = [
    { temperature: 1 },
    { temperature: 0.3 },
    { temperature: 0 },
    { temperature: 2, topK: 4 },
    { temperature: 1, topP: 0.7, minP: 0.05 },
    { temperature: 1, epsilon: 0.2 },
  ]
  for (let i = 0; i < 300; i++) {
    const logits = Float32Array.from({ length: 20 }, (_, id) => 3 * normal(keyOf(i), id))
    const [way, t, u] = [ways[i % ways.length]!, i % 6, uniform(keyOf(7), i)]
    expect(drawAction(logits, mdp, t, way, u)).toEqual(draw(behaviour(logits, mdp, t, way, new Float64Array(20)), u))
  }
})

test('the shift is that of the call, whatever was weighed before with as many tokens', () => {
  const logits = Float64Array.of(0, 0, 0)
  const masked = tokenMDP({ terminator: 0, maxLength: 9, logitShift: Float32Array.of(0, -Infinity, 0) })
  const out = new Float64Array(3)
  expect([...behaviour(logits, masked, 0, { temperature: 1 }, out)]).toEqual([0.5, 0, 0.5])
  expect([...behaviour(logits, free, 0, { temperature: 1 }, out)]).toEqual(near([1 / 3, 1 / 3, 1 / 3]))
  expect(learnedLogProb(logits, masked, 0, 2)).toBeCloseTo(Math.log(0.5), 12)
})

test('ids that end a completion are one action: of all that temperature and truncation leave them, by themselves', () => {
  const several = tokenMDP({ terminator: 0, ends: [2, 4], maxLength: 9 })
  expect(explore(five, { temperature: 1 }, several)).toEqual(near([0.35, 0.4, 0, 0.25, 0]))
  expect(explore(five, { temperature: 1, topK: 3 }, several)).toEqual(near([0.2 / 0.85, 0.4 / 0.85, 0, 0.25 / 0.85, 0]))
  const [, b, , d] = explore(five, { temperature: 0.5 })
  expect(explore(five, { temperature: 0.5 }, several)).toEqual(near([1 - b - d, b, 0, d, 0]))
  // Greedy as transformers is: not one of the ends is the likeliest, though together they are.
  expect(explore(logs(0.3, 0.35, 0.3, 0.05, 0), { temperature: 0 }, several)).toEqual([0, 1, 0, 0, 0])
  expect(explore(logs(0.2, 0.3, 0.4, 0.1, 0), { temperature: 0 }, several)).toEqual([1, 0, 0, 0, 0])
  expect(explore(five, { temperature: 1, epsilon: 0.3 }, several)).toEqual(near([0.345, 0.38, 0, 0.275, 0]))
  const late = { ...several, minLength: 1 }
  expect(explore(five, { temperature: 1 }, late)).toEqual(near([0, 0.4 / 0.65, 0, 0.25 / 0.65, 0]))
})

test('the learned policy ends with the probability of all ids that do, as the shift has them', () => {
  const logits = Float64Array.from({ length: 20 }, (_, i) => 3 * normal(keyOf(9), i))
  const mdp = tokenMDP({ terminator: 7, ends: [3, 5, 11], minLength: 2, maxLength: 5, logitShift: penalised(20) })
  for (const t of [0, 2]) {
    const learned = [...logits].map((_, token) => Math.exp(learnedLogProb(logits, mdp, t, token)))
    expect([...behaviour(logits, mdp, t, { temperature: 1 }, new Float64Array(20))]).toEqual(near(learned))
    expect(learned.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12)
    expect(learned[7]! > 0).toBe(t === 2)
    expect([learned[3], learned[5], learned[11]]).toEqual([0, 0, 0])
  }
})

test('a mask of another length is refused; the one before it is not in force afterwards', () => {
  const probabilities = (logitShift: Float32Array) => explore([0, 0, 0, 0], { temperature: 1 }, { ...free, logitShift })
  expect(probabilities(Float32Array.of(0, 0, 0, -Infinity))[3]).toBe(0)
  expect(() => probabilities(Float32Array.of(0, 0))).toThrow(
    'the mask (logitShift) has 2 numbers, and the vocabulary 4 tokens',
  )
  expect(() => probabilities(new Float32Array(6))).toThrow('has 6 numbers')
  expect(explore([0, 0, 0, 0], { temperature: 1 })).toEqual([0.25, 0.25, 0.25, 0.25])
})
