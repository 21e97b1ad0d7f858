import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Terms, reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { between } from '../testing/rows.ts'
import { aot, aotUnpaired } from './aot.ts'
import { apoZero, apoZeroUnpaired } from './apo.ts'
import { bco, bcoPair } from './bco.ts'
import { cpo } from './cpo.ts'
import { discoPop } from './disco-pop.ts'
import { dpo, dpoPerToken, referenceFreeDpo } from './dpo.ts'
import { exo } from './exo.ts'
import { fDpo } from './f-dpo.ts'
import { hinge } from './hinge.ts'
import { ipo, ipoPerToken } from './ipo.ts'
import { kto } from './kto.ts'
import { desensitised } from './length-desensitised.ts'
import { mismatchedKl, mismatchedKlOfNonZero } from './mismatched.ts'
import { multiLoss } from './multi-loss.ts'
import { nca, ncaUnpaired } from './nca.ts'
import { conservativeDpo, robustDpo } from './noisy-dpo.ts'
import type { MeasuredPairs } from './pairs.ts'
import { noMoments, runningMoments } from './running-moments.ts'
import { sequenceLogProbs, sequenceNll } from './sequence-log-probs.ts'
import { simPo } from './simpo.ts'
import { spin, spinPerToken } from './spin.ts'
import { sppo, sppoHard } from './sppo.ts'

await tf.setBackend('cpu')

const NAMES = ['chosenLogProb', 'rejectedLogProb', 'referenceChosenLogProb', 'referenceRejectedLogProb'] as const
type Row = Readonly<Record<(typeof NAMES)[number] | 'chosenLength' | 'rejectedLength', number>>

const logProb = between(-9, -1)
const length = fc.integer({ min: 1, max: 6 })
const pair: fc.Arbitrary<Row> = fc.record({
  chosenLogProb: logProb,
  rejectedLogProb: logProb,
  referenceChosenLogProb: logProb,
  referenceRejectedLogProb: logProb,
  chosenLength: length,
  rejectedLength: length,
})
const batch = fc.array(pair, { minLength: 1, maxLength: 5 })

const column = (rows: readonly Row[], name: keyof Row): tf.Tensor1D => tf.tensor1d(rows.map((row) => row[name]))

const pairsOf = (rows: readonly Row[]): MeasuredPairs => ({
  chosenLogProb: column(rows, 'chosenLogProb'),
  rejectedLogProb: column(rows, 'rejectedLogProb'),
  referenceChosenLogProb: column(rows, 'referenceChosenLogProb'),
  referenceRejectedLogProb: column(rows, 'referenceRejectedLogProb'),
  chosenLength: column(rows, 'chosenLength'),
  rejectedLength: column(rows, 'rejectedLength'),
})

/** The completions of pairs, the chosen ones desirable. */
const completionsOf = (rows: readonly Row[]) => ({
  logProb: tf.concat1d([column(rows, 'chosenLogProb'), column(rows, 'rejectedLogProb')]),
  referenceLogProb: tf.concat1d([column(rows, 'referenceChosenLogProb'), column(rows, 'referenceRejectedLogProb')]),
  desirable: tf.tensor1d([...rows.map(() => 1), ...rows.map(() => 0)]),
})

const valueOf = (terms: Terms): number => reduce(terms, tf.ones([terms.terms.shape[0]!])).dataSync()[0]!

const holds = (law: (rows: readonly Row[]) => readonly (readonly [found: number, expected: number])[]): void =>
  fc.assert(
    fc.property(batch, (rows) =>
      inFloat64(() => law(rows).forEach(([found, expected]) => expect(found).toBeCloseTo(expected, 10))),
    ),
    { numRuns: 20 },
  )

describe('a separable loss of pairs is twice that of their completions', () => {
  test.each([
    ['NCA', nca({ beta: 0.4 }), ncaUnpaired({ beta: 0.4 })],
    ['APO-zero', apoZero({ beta: 0.4 }), apoZeroUnpaired({ beta: 0.4 })],
  ] as const)('%s', (_, ofPairs, ofCompletions) => {
    holds((rows) => [[valueOf(ofPairs(pairsOf(rows))), 2 * valueOf(ofCompletions(completionsOf(rows)))]])
  })

  test('BCO, around no shift', () => {
    holds((rows) => {
      const unpaired = bco({ beta: 0.4 })({ ...completionsOf(rows), rewardShift: tf.scalar(0) })
      return [[valueOf(bcoPair({ beta: 0.4 })(pairsOf(rows))), 2 * valueOf(unpaired)]]
    })
  })

  test('SPPO, where the chosen one always wins', () => {
    holds((rows) => {
      const { desirable, ...completions } = completionsOf(rows)
      const soft = sppo({ beta: 0.4 })({ ...completions, winRate: desirable })
      return [[valueOf(sppoHard({ beta: 0.4 })(pairsOf(rows))), 2 * valueOf(soft)]]
    })
  })

  test('KTO at a KL of 0 is APO-zero', () => {
    holds((rows) => {
      const completions = completionsOf(rows)
      const found = kto({ beta: 0.4 })({ ...completions, kl: tf.scalar(-1) })
      return [[valueOf(found), valueOf(apoZeroUnpaired({ beta: 0.4 })(completions))]]
    })
  })
})

describe('losses that are one at some setting', () => {
  test('DPO, SPIN, f-DPO of the reverse divergence, one of several losses, optimal transport of one pair', () => {
    holds((rows) => {
      const pairs = pairsOf(rows)
      const expected = valueOf(dpo({ beta: 0.3 })(pairs))
      const alone = rows.map((row) => valueOf(aot({ beta: 0.3 })(pairsOf([row]))))
      return [
        [valueOf(spin({ lambda: 0.3 })(pairs)), expected],
        [valueOf(fDpo({ beta: 0.3 })(pairs)), expected],
        [valueOf(multiLoss([[1, dpo({ beta: 0.3 })]])(pairs)), expected],
        [
          valueOf(
            multiLoss([
              [0.25, dpo({ beta: 0.3 })],
              [0.75, spin({ lambda: 0.3 })],
            ])(pairs),
          ),
          expected,
        ],
        [alone.reduce((a, b) => a + b, 0) / rows.length, expected],
      ]
    })
  })

  test('CPO without likelihood and reference-free DPO, SimPO without a margin and DPO per token', () => {
    holds((rows) => {
      const pairs = pairsOf(rows)
      const none = tf.zerosLike(pairs.chosenLogProb)
      const uniform = { ...pairs, referenceChosenLogProb: none, referenceRejectedLogProb: none }
      return [
        [valueOf(cpo({ nllWeight: 0 })({ ...pairs, chosenNll: none })), valueOf(referenceFreeDpo()(pairs))],
        [valueOf(simPo({ beta: 2, gamma: 0 })(pairs)), valueOf(dpoPerToken({ beta: 2 })(uniform))],
        [valueOf(spinPerToken({ lambda: 2 })(pairs)), valueOf(dpoPerToken({ beta: 2 })(pairs))],
      ]
    })
  })

  test('robust DPO in expectation over flipped labels is DPO of the true ones', () => {
    holds((rows) => {
      const pairs = pairsOf(rows)
      const flipped = {
        chosenLogProb: pairs.rejectedLogProb,
        rejectedLogProb: pairs.chosenLogProb,
        referenceChosenLogProb: pairs.referenceRejectedLogProb,
        referenceRejectedLogProb: pairs.referenceChosenLogProb,
      }
      const robust = robustDpo({ beta: 0.3, labelSmoothing: 0.2 })
      return [[0.8 * valueOf(robust(pairs)) + 0.2 * valueOf(robust(flipped)), valueOf(dpo({ beta: 0.3 })(pairs))]]
    })
  })
})

describe('what must cancel, cancels', () => {
  const OF_MARGINS = {
    dpo: dpo(),
    conservativeDpo: conservativeDpo(),
    robustDpo: robustDpo(),
    ipo: ipo({ beta: 1 }),
    hinge: hinge(),
    exo: exo(),
    discoPop: discoPop(),
    aot: aot(),
  }
  const moved = (row: Row, by: number, names: readonly (keyof Row)[]): Row =>
    names.reduce((given, name) => ({ ...given, [name]: given[name] + by }), row)

  test.each(Object.entries(OF_MARGINS))('%s: a constant of the prompt, under either model', (_, loss) => {
    holds((rows) => {
      const expected = valueOf(loss(pairsOf(rows)))
      const policy = rows.map((row, i) => moved(row, i + 0.5, ['chosenLogProb', 'rejectedLogProb']))
      const reference = rows.map((row) => moved(row, -2.5, ['referenceChosenLogProb', 'referenceRejectedLogProb']))
      // Optimal transport compares prompts with one another, so there it is the same constant for all.
      const alike = rows.map((row) => moved(row, 3, ['chosenLogProb', 'rejectedLogProb']))
      const shift = loss === OF_MARGINS.aot ? alike : policy
      return [
        [valueOf(loss(pairsOf(shift))), expected],
        [valueOf(loss(pairsOf(reference))), expected],
      ]
    })
  })

  test('a completion that both models find likelier by as much', () => {
    holds((rows) => {
      const shifted = pairsOf(rows.map((row, i) => moved(row, -i - 1, ['chosenLogProb', 'referenceChosenLogProb'])))
      const pairs = pairsOf(rows)
      return [nca(), apoZero(), sppoHard({ beta: 1 }), aotUnpaired(), ipoPerToken({ beta: 1 })].map(
        (loss) => [valueOf(loss(shifted)), valueOf(loss(pairs))] as const,
      )
    })
  })
})

test('optimal transport is what sorting says, kept rows among others', () => {
  const ascending = (x: number[]): number[] => [...x].sort((a, b) => a - b)
  const withKeep = fc.array(fc.tuple(pair, fc.boolean()), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(withKeep, (given) =>
      inFloat64(() => {
        const rows = given.map(([row]) => row)
        const kept = given.filter(([, keep]) => keep).map(([row]) => row)
        const keep = tf.tensor1d(given.map(([, counts]) => Number(counts)))
        const found = aotUnpaired({ beta: 0.3 })({ ...pairsOf(rows), keep })
        const up = ascending(kept.map((row) => row.chosenLogProb - row.referenceChosenLogProb))
        const down = ascending(kept.map((row) => row.rejectedLogProb - row.referenceRejectedLogProb))
        const expected = up.map((d, k) => Math.log1p(Math.exp(-0.3 * (d - down[k]!))))
        const mean = expected.reduce((a, b) => a + b, 0) / Math.max(1, kept.length)
        expect(valueOf(found)).toBeCloseTo(mean, 10)
      }),
    ),
    { numRuns: 40 },
  )
})

test('moments of batches, one after another, are those of all of them', () => {
  const values = fc.array(between(-3, 3), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (batches) =>
      inFloat64(() => {
        const last = batches.reduce((so, some) => runningMoments(so, { values: tf.tensor1d(some) }), noMoments())
        const all = batches.flat()
        const mean = all.reduce((a, b) => a + b, 0) / all.length
        expect(last.mean.dataSync()[0]).toBeCloseTo(mean, 10)
        const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length
        expect(last.variance.dataSync()[0]).toBeCloseTo(variance, 10)
        expect(last.count.dataSync()[0]).toBe(all.length)
      }),
    ),
    { numRuns: 20 },
  )
})

test('a batch of which nothing is kept leaves the moments as they are', () => {
  const before = runningMoments(noMoments(), { values: tf.tensor1d([1, 3]) })
  const after = runningMoments(before, { values: tf.tensor1d([NaN, 7]), keep: tf.tensor1d([0, 0]) })
  expect([after.mean, after.variance, after.count].map((x) => x.dataSync()[0])).toEqual([2, 1, 2])
})

test('KL over the rows that moved, and over all that are kept', () => {
  const logProb = tf.tensor1d([-1, -2, -3, NaN])
  const given = { logProb, referenceLogProb: tf.tensor1d([-2, -2, -2.5, 0]), keep: tf.tensor1d([1, 1, 1, 0]) }
  expect(mismatchedKl(given).dataSync()[0]).toBeCloseTo(0.5 / 3, 6)
  expect(mismatchedKlOfNonZero(given).dataSync()[0]).toBeCloseTo(0.5 / 2, 6)
  const nothing = { ...given, keep: tf.zeros<tf.Rank.R1>([4]) }
  expect([mismatchedKl(nothing), mismatchedKlOfNonZero(nothing)].map((x) => x.dataSync()[0])).toEqual([0, 0])
})

describe('log-probabilities of sequences', () => {
  const logProb = tf.tensor2d([
    [NaN, -1, -2, -4],
    [-3, -5, NaN, NaN],
  ])
  const mask = tf.tensor2d([
    [0, 1, 1, 1],
    [1, 1, 0, 0],
  ])

  test('sums and lengths see what the mask lets through', () => {
    const { sum, length: tokens } = sequenceLogProbs({ logProb, mask })
    expect([...sum.dataSync()]).toEqual([-7, -8])
    expect([...tokens.dataSync()]).toEqual([3, 2])
    expect([...sequenceNll({ logProb, mask }).dataSync()].map((x) => x.toFixed(4))).toEqual(['2.3333', '4.0000'])
  })

  test('tokens past the shorter completion count α: 1 leaves the sums, 0 the shared length', () => {
    const short = { logProb: tf.tensor2d([[-1], [-2]]), mask: tf.ones<tf.Rank.R2>([2, 1]) }
    const sides = { chosen: { logProb, mask }, rejected: short }
    const at = (alpha: number): number[] => [...desensitised(sides, alpha).chosen.dataSync()]
    expect(at(1)).toEqual([-7, -8])
    expect(at(0)).toEqual([-1, -3])
    expect(at(0.5)).toEqual([-4, -5.5])
    expect(() => desensitised(sides, 2)).toThrow('desensitised: alpha must be between 0 and 1')
  })
})
