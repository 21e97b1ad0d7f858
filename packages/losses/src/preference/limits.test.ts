import '@tensorflow/tfjs-backend-cpu'
import { hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { type Terms, reduce } from '../terms.ts'
import { aot } from './aot.ts'
import { apoDown, apoZero } from './apo.ts'
import { bcoPair } from './bco.ts'
import { cpo } from './cpo.ts'
import { discoPop } from './disco-pop.ts'
import { dpo, referenceFreeDpo } from './dpo.ts'
import { exo } from './exo.ts'
import { alphaScore, fDpo, forwardKLScore, jensenShannonScore } from './f-dpo.ts'
import { hinge } from './hinge.ts'
import { ipo, ipoPerToken } from './ipo.ts'
import { kto } from './kto.ts'
import { desensitised } from './length-desensitised.ts'
import { log1mexp } from './log1mexp.ts'
import { nextCompletions, previousCompletions } from './mismatched.ts'
import { multiLoss } from './multi-loss.ts'
import { nashMd } from './nash-md.ts'
import { nca } from './nca.ts'
import { conservativeDpo, robustDpo } from './noisy-dpo.ts'
import { orpo } from './orpo.ts'
import { bestAndWorst } from './pick-pair.ts'
import { alphaPo, simPo } from './simpo.ts'
import { slic } from './slic.ts'
import { spin, spinPerToken } from './spin.ts'
import { sppoHard } from './sppo.ts'
import { wpoWeight } from './wpo.ts'

await tf.setBackend('cpu')

const row = (...x: number[]): tf.Tensor1D => tf.tensor1d(x)

/** Pairs of completions of one token, whose reference is −1 everywhere. */
const pairsOf = (chosen: readonly number[], rejected: readonly number[]) => {
  const ones = tf.ones<tf.Rank.R1>([chosen.length])
  return {
    chosenLogProb: row(...chosen),
    rejectedLogProb: row(...rejected),
    referenceChosenLogProb: tf.neg(ones),
    referenceRejectedLogProb: tf.neg(ones),
    chosenLength: ones,
    rejectedLength: ones,
    chosenNll: tf.zerosLike(ones),
  }
}
type Pairs = ReturnType<typeof pairsOf>
type Loss = (pairs: Pairs) => Terms

const lossOf = (loss: Loss, pairs: Pairs): number =>
  reduce(loss(pairs), tf.ones([pairs.chosenLogProb.shape[0]])).dataSync()[0]!

/** d loss / d chosenLogProb and d rejectedLogProb. */
const slopesOf = (loss: Loss, pairs: Pairs): readonly number[][] =>
  tf
    .grads((chosenLogProb, rejectedLogProb) =>
      reduce(
        loss({
          ...pairs,
          chosenLogProb: chosenLogProb as tf.Tensor1D,
          rejectedLogProb: rejectedLogProb as tf.Tensor1D,
        }),
        tf.ones([chosenLogProb!.shape[0]!]),
      ),
    )([pairs.chosenLogProb, pairs.rejectedLogProb])
    .map((g) => [...g.dataSync()])

const ALL: Readonly<Record<string, Loss>> = {
  dpo: dpo(),
  referenceFreeDpo: referenceFreeDpo(),
  conservativeDpo: conservativeDpo(),
  robustDpo: robustDpo(),
  'fDpo, forward': fDpo({ divergence: forwardKLScore }),
  'fDpo, Jensen–Shannon': fDpo({ divergence: jensenShannonScore }),
  'fDpo, α': fDpo({ divergence: alphaScore(0.5) }),
  ipo: ipo(),
  ipoPerToken: ipoPerToken(),
  hinge: hinge(),
  slic: slic(),
  exo: exo(),
  nca: nca(),
  bcoPair: bcoPair(),
  sppoHard: sppoHard(),
  aot: aot(),
  apoZero: apoZero(),
  apoDown: apoDown(),
  discoPop: discoPop(),
  cpo: cpo(),
  simPo: simPo(),
  alphaPo: alphaPo(),
  orpo: orpo(),
}

const EXTREMES = [
  ['far apart in the right order', [-1], [-5000]],
  ['far apart in the wrong order', [-5000], [-1]],
  ['impossible under the policy', [-Infinity], [-Infinity]],
  ['of which the chosen one is impossible', [-Infinity], [-1]],
  ['of which the rejected one is impossible', [-1], [-Infinity]],
  ['that are certain', [0], [0]],
  ['above certain', [0.5], [0.25]],
  ['of which the chosen one is all but certain', [-1e-7], [-0.5]],
  ['that are both all but certain', [-1e-30], [-1e-7]],
] as const

describe.each(Object.entries(ALL))('%s', (_, loss) => {
  test.each(EXTREMES)('pairs %s have a finite loss and gradient', (_name, chosen, rejected) => {
    const pairs = pairsOf(chosen, rejected)
    expect(Number.isFinite(lossOf(loss, pairs))).toBe(true)
    expect(slopesOf(loss, pairs).flat().every(Number.isFinite)).toBe(true)
  })
})

test('the compiled graphs are as finite, and have the same numbers', async () => {
  const pairs = pairsOf(
    EXTREMES.map(([, [w]]) => w),
    EXTREMES.map(([, , [l]]) => l),
  )
  const { chosenLogProb, rejectedLogProb, ...rest } = pairs
  const step = (loss: Loss) => (chosen: tf.Tensor1D, rejected: tf.Tensor1D) => {
    const whole = (w: tf.Tensor, l: tf.Tensor): tf.Scalar =>
      tf.sum(loss({ ...rest, chosenLogProb: w as tf.Tensor1D, rejectedLogProb: l as tf.Tensor1D }).terms)
    const { value, grads } = tf.valueAndGrads(whole as (...x: tf.Tensor[]) => tf.Scalar)([chosen, rejected])
    return { value: value as tf.Tensor, w: grads[0]!, l: grads[1]! }
  }
  const host = (x: tf.Tensor1D) => hostTensor(x.dataSync() as Float32Array)
  for (const [name, loss] of Object.entries(ALL)) {
    const run = jit(({ w, l }: { w: tf.Tensor; l: tf.Tensor }) => step(loss)(w as tf.Tensor1D, l as tf.Tensor1D))
    const found = await run({ w: host(chosenLogProb), l: host(rejectedLogProb) })
    await run.dispose()
    const eager = step(loss)(chosenLogProb, rejectedLogProb)
    for (const part of ['value', 'w', 'l'] as const)
      [...eager[part].dataSync()].forEach((x, i) => {
        expect(Number.isFinite(x), `${name} ${part} ${i}`).toBe(true)
        expect(Math.abs(found[part].data[i]! - x) / Math.max(1, Math.abs(x)), `${name} ${part} ${i}`).toBeLessThan(1e-4)
      })
  }
})

test('−∞ under policy and reference alike is a ratio of 1', () => {
  const none = row(-Infinity)
  const pairs = {
    chosenLogProb: none,
    rejectedLogProb: row(-2),
    referenceChosenLogProb: none,
    referenceRejectedLogProb: row(-2),
  }
  expect(dpo()(pairs).terms.dataSync()[0]).toBeCloseTo(Math.LN2, 6)
})

describe('tokens that are impossible', () => {
  const none = tf.tensor2d([[-Infinity, -1]])
  const mask = tf.ones<tf.Rank.R2>([1, 2])

  test('Nash-MD has a finite loss and gradient, and none of a row that is not kept', () => {
    const two = (x: number): tf.Tensor2D => tf.tensor2d([[-Infinity, -1], [x, x]]) // prettier-ignore
    const given = {
      referenceLogProb: two(NaN),
      mask: tf.ones<tf.Rank.R2>([2, 2]),
      winRate: row(1, NaN),
      keep: row(1, 0),
    }
    const loss = (x: tf.Tensor): tf.Scalar => reduce(nashMd()({ ...given, logProb: x as tf.Tensor2D }), row(1, 1))
    expect(loss(two(NaN)).dataSync()[0]).toBeCloseTo(0.5 * (1e6 + 1), -1)
    expect([...tf.grad(loss)(two(NaN)).dataSync()]).toEqual([0, -0.5, 0, 0])
    const alone = tf.grad(
      (x) => nashMd()({ logProb: x as tf.Tensor2D, referenceLogProb: none, mask, winRate: row(1) }).terms,
    )
    expect([...alone(tf.tensor2d([[-1, -1]])).dataSync()].every(Number.isFinite)).toBe(true)
  })

  test('past the shared length they count nothing at α = 0', () => {
    const long = { logProb: tf.tensor2d([[-1, -Infinity]]), mask }
    const short = { logProb: tf.tensor2d([[-2]]), mask: tf.ones<tf.Rank.R2>([1, 1]) }
    expect(desensitised({ chosen: long, rejected: short }, 0).chosen.dataSync()[0]).toBe(-1)
  })

  test('WPO gives a weight', () => {
    expect(wpoWeight({ logProb: none, logCollision: none, mask }).dataSync()[0]).toBe(1)
    expect(wpoWeight({ logProb: none, logCollision: tf.neg(mask), mask }).dataSync()[0]).toBe(0)
  })
})

test('KTO logs the KL of the rows that are kept', () => {
  const completions = { logProb: row(-1, -1), referenceLogProb: row(-2, -1), desirable: row(1, 0), keep: row(1, 0) }
  const { metrics } = kto()({ ...completions, kl: row(0.5, NaN) })
  expect([metrics['kl'], metrics['kl/raw']].map((x) => x!.dataSync()[0])).toEqual([0.5, 0.5])
})

test('a NaN of the model is not hidden', () => {
  expect(lossOf(dpo(), pairsOf([NaN, -1], [-1, -1]))).toBeNaN()
})

describe('ORPO near certainty', () => {
  // Odds of e^p̄ where 1 − e^p̄ ≈ −p̄: log odds = −log(−p̄) + p̄ / 2 + O(p̄²).
  const p = [-1e-4, -1e-6, -1e-8, -1e-12, -1e-30]
  const logOdds = (x: number): number => x - Math.log(-Math.expm1(x))

  test.each(p)('the odds ratio at p̄ = %d keeps its digits in fp32', (chosen) => {
    const [x, y] = [Math.fround(chosen), Math.fround(chosen * 3)]
    const { metrics } = orpo()(pairsOf([x], [y]))
    expect(metrics['log_odds_chosen']!.dataSync()[0]).toBeCloseTo(logOdds(x) - logOdds(y), 5)
  })

  test('and so does its gradient: −β σ(−lo) / (1 − e^p̄)', () => {
    const [w, l] = [Math.fround(-1e-8), Math.fround(-2e-8)]
    const lo = logOdds(w) - logOdds(l)
    const slope = (x: number): number => -1 / Math.expm1(x)
    const [[chosen], [rejected]] = slopesOf(orpo({ beta: 0.1 }), pairsOf([w], [l])) as [[number], [number]]
    const push = 0.1 / (1 + Math.exp(lo))
    expect(chosen / (-push * slope(w))).toBeCloseTo(1, 5)
    expect(rejected / (push * slope(l))).toBeCloseTo(1, 5)
  })

  test('log(1 − eˣ) is right on both sides of −ln 2 and at its ends', () => {
    const x = [-1e-30, -1e-7, -0.5, -0.6931, -0.6932, -3, -20, -80].map(Math.fround)
    log1mexp(row(...x))
      .dataSync()
      .forEach((found, i) => {
        const exact = x[i]! > -0.5 ? Math.log(-Math.expm1(x[i]!)) : Math.log1p(-Math.exp(x[i]!))
        expect(Math.abs(found / exact - 1)).toBeLessThan(1e-6)
      })
    expect(log1mexp(row(0)).dataSync()[0]).toBeCloseTo(-120 * Math.LN2, 3)
    const slopes = tf.grad((at: tf.Tensor) => log1mexp(at))(row(-1e-20, -200, 0))
    expect([...slopes.dataSync()].every(Number.isFinite)).toBe(true)
  })
})

describe('limits', () => {
  const pairs = pairsOf([-2, -5], [-3, -1])

  test('ε → 0 is DPO, for what is smoothed and for what is corrected', () => {
    const exact = lossOf(dpo({ beta: 0.5 }), pairs)
    for (const of of [conservativeDpo, robustDpo]) {
      expect(lossOf(of({ beta: 0.5, labelSmoothing: 0 }), pairs)).toBe(exact)
      expect(lossOf(of({ beta: 0.5, labelSmoothing: 1e-7 }), pairs)).toBeCloseTo(exact, 6)
    }
  })

  test('ε → 0 makes EXO large, like log ε, and no more', () => {
    const at = (labelSmoothing: number): number => lossOf(exo({ labelSmoothing }), pairs)
    // Both terms grow by −log ε times σ(−β (Δ_w − Δ_l)), where the margins are 1 and −4.
    const against = [1, -4].map((margin) => 1 / (1 + Math.exp(0.1 * margin))) as [number, number]
    expect(at(1e-30) - at(1e-10)).toBeCloseTo(20 * Math.LN10 * ((against[0] + against[1]) / 2), 3)
  })

  test('β = 0 is flat', () => {
    const flat = [
      [dpo, Math.LN2],
      [apoZero, 1],
      [hinge, 1],
    ] as const
    for (const [of, value] of flat) {
      const loss = of({ beta: 0 })
      expect(lossOf(loss, pairs)).toBeCloseTo(value, 6)
      expect(
        slopesOf(loss, pairs)
          .flat()
          .every((g) => Math.abs(g) === 0),
      ).toBe(true)
    }
  })

  test('β → 0 asks IPO and SPPO for a margin of 1 / (2β)', () => {
    const [[slope]] = slopesOf(ipo({ beta: 1e-6 }), pairs) as [[number]]
    expect(slope / -5e5).toBeCloseTo(1, 4)
    expect(() => ipo({ beta: 0 })).toThrow('ipo: beta must be above 0, found 0')
    expect(() => sppoHard({ beta: 0 })).toThrow(RangeError)
  })

  test('α → 0 is SimPO, to fp32', () => {
    const exact = lossOf(simPo({ beta: 2, gamma: 0.3 }), pairs)
    expect(lossOf(alphaPo({ beta: 2, gamma: 0.3, alpha: 0 }), pairs)).toBe(exact)
    expect(lossOf(alphaPo({ beta: 2, gamma: 0.3, alpha: 1e-7 }), pairs)).toBeCloseTo(exact, 5)
  })

  test('the forward divergence is clamped where e^−Δ leaves fp32, and the α-divergence near 1 is DPO', () => {
    expect(forwardKLScore(row(-1e4)).dataSync()[0]! / -Math.exp(80)).toBeCloseTo(1, 5)
    const near = fDpo({ beta: 0.5, divergence: alphaScore(1 + 2 ** -9) })
    expect(lossOf(near, pairs)).toBeCloseTo(lossOf(dpo({ beta: 0.5 }), pairs), 2)
    expect(() => alphaScore(1)).toThrow('alphaScore: alpha must be a finite number other than 1')
  })
})

test('options out of range are named', () => {
  expect(() => dpo({ beta: -1 })).toThrow('dpo: beta must be at least 0, found -1')
  expect(() => dpo({ beta: NaN })).toThrow(RangeError)
  expect(() => spin({ lambda: -1 })).toThrow('spin: lambda must be at least 0, found -1')
  expect(() => spinPerToken({ lambda: -1 })).toThrow('spinPerToken: lambda must be at least 0, found -1')
  expect(() => spin()({ ...pairsOf([-1], [-1]), rejectedLogProb: row(-1, -1) })).toThrow('spin: rejectedLogProb')
  expect(() => robustDpo({ labelSmoothing: 0.5 })).toThrow('robustDpo: labelSmoothing must be at least 0 and below 1/2')
  expect(() => exo({ labelSmoothing: 0 })).toThrow('exo: labelSmoothing must be between 0 and 1')
  expect(() => multiLoss([])).toThrow('multiLoss: needs a loss at least')
  expect(() => kto({ desirableWeight: -1 })).toThrow('kto: desirableWeight must be at least 0')
})

test('another row’s completion needs another row', () => {
  expect(previousCompletions(['a', 'b', 'c'])).toEqual(['c', 'a', 'b'])
  expect(nextCompletions(['a', 'b', 'c'])).toEqual(['b', 'c', 'a'])
  expect(() => previousCompletions(['a'])).toThrow('needs 2 rows')
})

test('equal, missing or single rewards make no pair', () => {
  expect(bestAndWorst([1, null, 1])).toBeUndefined()
  expect(bestAndWorst([null, 2, NaN])).toBeUndefined()
  expect(bestAndWorst([])).toBeUndefined()
  expect(bestAndWorst([3, null, 5, 1])).toEqual({ chosen: 2, rejected: 3 })
})
