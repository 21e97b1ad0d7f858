import { hostTensor, jit } from '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { type Sharing, sequenceSum, tokenMean } from '../sharing.ts'
import { reduce } from '../terms.ts'
import { cispo } from './cispo.ts'
import { entropyOf } from './entropy.ts'
import { rewardMoments } from './expected-reward.ts'
import { gmpo } from './gmpo.ts'
import { bnpo, dapo, drGRPO, grpo } from './grpo.ts'
import { gspo, gspoToken, luspo } from './gspo.ts'
import { highEntropyMask } from './high-entropy-mask.ts'
import { offPolicyMask } from './off-policy-mask.ts'
import type { PolicyGradientLoss } from './policy-gradient.ts'
import { ppoPolicy } from './ppo.ts'
import { reinforce } from './reinforce.ts'
import { rloo } from './rloo.ts'
import { sapo } from './sapo.ts'
import type { PolicyGradientInputs } from './tokens.ts'
import { vespo } from './vespo.ts'

await tf.setBackend('cpu')

const batch: PolicyGradientInputs = {
  logProb: tf.tensor2d([
    [-1.2, -0.4, -2],
    [-0.7, -1.1, -0.3],
  ]),
  oldLogProb: tf.tensor2d([
    [-0.9, -0.8, -2.2],
    [-1, -1.05, -0.35],
  ]),
  referenceLogProb: tf.tensor2d([
    [-1, -0.5, -1.5],
    [-0.9, -1, -0.2],
  ]),
  advantage: tf.tensor1d([1.3, -0.6]),
  mask: tf.tensor2d([
    [1, 1, 1],
    [1, 1, 0],
  ]),
}

const valueOf = (loss: PolicyGradientLoss, given = batch): number =>
  reduce(loss(given), tf.ones([given.logProb.shape[0]])).dataSync()[0]

const gradientOf = (loss: PolicyGradientLoss, given = batch): number[] => {
  const scalar = (x: tf.Tensor): tf.Scalar =>
    reduce(loss({ ...given, logProb: x as tf.Tensor2D }), tf.ones([given.logProb.shape[0]]))
  return [...tf.grad(scalar)(given.logProb).dataSync()]
}

const close = (found: readonly number[], wanted: readonly number[], digits = 6): void =>
  wanted.forEach((x, i) => expect(found[i]).toBeCloseTo(x, digits))

const FAMILY: Readonly<Record<string, (sharing: Sharing) => PolicyGradientLoss>> = {
  grpo: (sharing) => grpo({ sharing }),
  drGRPO: (sharing) => drGRPO({ sharing, maxLength: 3 }),
  dapo: (sharing) => dapo({ sharing }),
  bnpo: (sharing) => bnpo({ sharing }),
  gspo: (sharing) => gspo({ sharing }),
  gspoToken: (sharing) => gspoToken({ sharing }),
  luspo: (sharing) => luspo({ sharing }),
  gmpo: (sharing) => gmpo({ sharing }),
  cispo: (sharing) => cispo({ sharing }),
  sapo: (sharing) => sapo({ sharing }),
  vespo: (sharing) => vespo({ sharing }),
  ppoPolicy: (sharing) => ppoPolicy({ sharing }),
}

describe.each(Object.entries(FAMILY))('%s', (name, loss) => {
  test('before the first update its gradient is REINFORCE’s, whatever it clips', () => {
    const { oldLogProb: _drawn, ...present } = batch
    const oneLength = {
      ...present,
      mask: tf.tensor2d([
        [1, 1, 0],
        [1, 1, 0],
      ]),
    }
    close(gradientOf(loss(tokenMean), oneLength), gradientOf(reinforce({ sharing: tokenMean }), oneLength))
    const unknown = { ...oneLength, oldLogProb: tf.fill<tf.Rank.R2>([2, 3], NaN) }
    close(gradientOf(loss(tokenMean), unknown), gradientOf(loss(tokenMean), oneLength), 12)
  })

  test('stays finite where a log-probability is −∞, the policy has moved far, or a log-probability is above 0', () => {
    const far = [
      { logProb: [-Infinity, -1e4, 0], oldLogProb: [-1, -1, -1e4] },
      { logProb: [-1, -2, -3], oldLogProb: [-Infinity, -1e4, -90] },
      { logProb: [-Infinity, 2, 90], oldLogProb: [-Infinity, 5, 0] },
    ]
    for (const { logProb, oldLogProb } of far) {
      const given = {
        ...batch,
        logProb: tf.tensor2d([logProb, logProb]),
        oldLogProb: tf.tensor2d([oldLogProb, oldLogProb]),
        mask: tf.ones<tf.Rank.R2>([2, 3]),
      }
      expect(Number.isFinite(valueOf(loss(tokenMean), given)), name).toBe(true)
      expect(gradientOf(loss(tokenMean), given).every(Number.isFinite)).toBe(true)
    }
  })
})

test.each(Object.entries({ gspo, gspoToken, luspo, gmpo, vespo, rloo }))(
  '%s rules out a completion with one of its tokens',
  (_, loss) => {
    const two = { ...batch, oldLogProb: tf.tensor2d([[-Infinity, -0.8, -2.2], [-1, -1.05, -0.35]]) } // prettier-ignore
    const second = <T extends tf.Tensor>(x: T): T => tf.slice(x, 1, 1)
    const alone: PolicyGradientInputs = {
      logProb: second(two.logProb),
      oldLogProb: second(two.oldLogProb),
      referenceLogProb: second(two.referenceLogProb!),
      advantage: second(two.advantage),
      mask: second(two.mask),
    }
    const [both, other] = [two, alone].map((of) => loss({ beta: 0.1, sharing: sequenceSum })(of))
    const [lost, kept] = tf.split(tf.tensor1d(gradientOf(loss({ beta: 0.1, sharing: sequenceSum }), two)), 2)
    expect([...lost.dataSync()]).toEqual([0, 0, 0])
    close(
      [...kept.dataSync()],
      gradientOf(loss({ beta: 0.1, sharing: sequenceSum }), alone).map((g) => g / 2),
    )
    for (const [name, x] of Object.entries(other.metrics)) close([...both.metrics[name].dataSync()], [...x.dataSync()])
  },
)

describe('relations', () => {
  test('DAPO with an even clip is BNPO; GSPO of single tokens is GRPO; LUSPO of one length is GSPO times it', () => {
    close([valueOf(dapo({ epsilonHigh: 0.2 }))], [valueOf(bnpo())])
    const single = {
      ...batch,
      mask: tf.tensor2d([
        [1, 0, 0],
        [1, 0, 0],
      ]),
    }
    close(
      [valueOf(gspo({ epsilon: 0.2, epsilonHigh: 0.3 }), single)],
      [valueOf(grpo({ epsilon: 0.2, epsilonHigh: 0.3 }), single)],
    )
    const whole = { ...batch, mask: tf.ones<tf.Rank.R2>([2, 3]) }
    close([valueOf(luspo(), whole)], [3 * valueOf(gspo({ epsilon: 0.2, epsilonHigh: 0.2 }), whole)])
  })

  test('without a clip GMPO is GSPO, and GSPO-token has its gradient', () => {
    const wide = { epsilon: 1, epsilonHigh: 1e3 }
    const nats = { epsilon: 1e3, epsilonHigh: 1e3 }
    close([valueOf(gmpo(nats))], [valueOf(gspo(wide))])
    close(gradientOf(gmpo(nats)), gradientOf(gspo(wide)))
    close(gradientOf(gspoToken(wide)), gradientOf(gspo(wide)))
  })

  test('RLOO of single tokens is GRPO, and an advantage for each token may be given', () => {
    const single = {
      ...batch,
      mask: tf.tensor2d([
        [1, 0, 0],
        [1, 0, 0],
      ]),
    }
    close([valueOf(rloo(), single)], [valueOf(grpo(), single)])
    const advantage = tf.tensor2d([
      [1.3, 1.3, 1.3],
      [-0.6, -0.6, NaN],
    ])
    close([valueOf(grpo(), { ...batch, advantage })], [valueOf(grpo())], 12)
  })

  test('the two-sided clip bounds what a bad token costs, the plain one does not', () => {
    const given = { ...batch, logProb: tf.fill<tf.Rank.R2>([2, 3], 8), advantage: tf.tensor1d([-1, -1]) }
    expect(valueOf(grpo(), given)).toBeGreaterThan(1e3)
    expect(valueOf(grpo({ delta: 4 }), given)).toBeCloseTo(4, 5)
  })

  test('SAPO tends to the plain ratio as τ → 0', () => {
    const tiny = 1e-3
    close(gradientOf(sapo({ positive: tiny, negative: tiny })), gradientOf(grpo({ epsilon: 1, epsilonHigh: 1e3 })), 5)
  })

  test('a correction of 0 leaves the divergence of its token', () => {
    const correction = tf.zerosLike(batch.logProb)
    expect(gradientOf(grpo(), { ...batch, correction }).every((g) => g === 0)).toBe(true)
    const only = gradientOf(grpo({ beta: 0.5 }), { ...batch, correction })
    const both = gradientOf(grpo({ beta: 0.5 }))
    const alone = gradientOf(grpo())
    close(
      only,
      both.map((g, i) => g - alone[i]),
    )
  })
})

test('what a completion was drawn with is a constant, even where it is the present log-probability itself', () => {
  const scalar = (x: tf.Tensor): tf.Scalar => {
    const logProb = x as tf.Tensor2D
    return reduce(grpo()({ ...batch, logProb, oldLogProb: logProb }), tf.ones([2]))
  }
  const { oldLogProb: _drawn, ...present } = batch
  close([...tf.grad(scalar)(batch.logProb).dataSync()], gradientOf(grpo(), present))
})

test('metrics have the names and meanings of TRL', () => {
  const { metrics } = grpo({ beta: 0.1 })({ ...batch, entropy: tf.fill<tf.Rank.R2>([2, 3], 0.5) })
  const found = Object.fromEntries(Object.entries(metrics).map(([name, x]) => [name, x.dataSync()[0]]))
  // Ratios: e^−0.3, e^0.4, e^0.2 of a good completion; e^0.3, e^−0.05 of a bad one.
  expect(found['clip_ratio/high_mean']).toBeCloseTo(2 / 5, 6)
  expect(found['clip_ratio/low_mean']).toBe(0)
  expect(found['clip_ratio/region_mean']).toBeCloseTo(2 / 5, 6)
  expect(found.entropy).toBeCloseTo(0.5, 6)
  const k3 = [0.2, -0.1, 0.5, -0.2, 0.1].map((d) => Math.expm1(d) - d)
  expect(found.kl).toBeCloseTo(k3.reduce((a, b) => a + b, 0) / 5, 6)
  const ppo = ppoPolicy()(batch).metrics
  expect(ppo.clip_fraction.dataSync()[0]).toBeCloseTo(4 / 5, 6)
})

const { referenceLogProb: _reference, ...withoutReference } = batch

test.each([
  ['a reference that β > 0 needs', () => grpo({ beta: 0.1 })(withoutReference), 'grpo: referenceLogProb is missing'],
  [
    'an entropy that a given bonus needs',
    () => dapo()({ ...batch, entropyBonus: tf.scalar(1) }),
    'dapo: entropy is missing',
  ],
  [
    'a bonus of each row',
    () => dapo()({ ...batch, entropyBonus: tf.ones([2]) as never }),
    'entropyBonus must be [] = []',
  ],
  ['an entropy that its bonus needs', () => dapo({ entropyBonus: 1 })(batch), 'dapo: entropy is missing'],
  ['a clip below 0', () => gspo({ epsilon: -1 }), 'gspo: epsilon must be at least 0, found -1'],
  ['a clip below a ratio of 0', () => grpo({ epsilon: 1.5 }), 'grpo: epsilon must be at most 1, found 1.5'],
  ['a delta of 0', () => grpo({ delta: 0 }), 'grpo: delta must be above 1, found 0'],
  ['a delta that holds everything', () => dapo({ delta: 1 }), 'dapo: delta must be above 1, found 1'],
  ['β below 0', () => bnpo({ beta: -1 }), 'bnpo: beta must be at least 0, found -1'],
  ['no length', () => drGRPO({ maxLength: 0 }), 'fixedLength: length must be above 0'],
  ['no cap', () => cispo({ cap: 0 }), 'cispo: cap must be above 0'],
  ['no temperature', () => sapo({ negative: 0 }), 'sapo: negative must be above 0'],
  ['λ of 0', () => vespo({ positive: { k: 1, lambda: 0 } }), 'vespo: positive needs k ≥ 0 and lambda > 0'],
])('%s is an error that names it', (_, make, message) => expect(make).toThrow(message))

test('masks, entropies and moments compiled to one graph are what they are eagerly', async () => {
  const given = {
    logProb: tf.tensor2d([
      [-3, -1],
      [-0.2, -4],
      [-2, -2],
    ]),
    behaviourLogProb: tf.tensor2d([
      [-1, -1],
      [-1, -1],
      [-2, -2],
    ]),
    advantage: tf.tensor1d([-1, -1, 1]),
    mask: tf.tensor2d([
      [1, 1],
      [1, 0],
      [1, 1],
    ]),
    logits: tf.tensor3d([[[0.1, 2, -Infinity]], [[1, 1, 1]], [[-3, 0.5, 0.2]]]),
    reward: tf.tensor2d([
      [1, 0.5, 2],
      [0, 1, 2],
      [-1, 1, 0],
    ]),
  }
  const found = (x: typeof given) => {
    const logits = tf.reshape<tf.Rank.R2>(x.logits, [3, 3])
    const { mean, deviation } = rewardMoments({ logits, reward: x.reward })
    return {
      offPolicy: offPolicyMask(0.5)(x),
      entropy: entropyOf(x.logits),
      mean,
      deviation,
      highEntropy: highEntropyMask(0.4)(tf.neg(x.logProb), x.mask),
    }
  }
  const run = jit(found as never) as unknown as {
    (host: unknown): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>
    dispose: () => Promise<void>
  }
  const host = Object.entries(given).map(([name, x]) => [name, hostTensor(x.dataSync() as Float32Array, x.shape)])
  const compiled = await run(Object.fromEntries(host))
  await run.dispose()
  for (const [name, x] of Object.entries(found(given))) {
    const eager = [...x.dataSync()]
    expect(eager.every(Number.isFinite), name).toBe(true)
    close([...compiled[name].data], eager)
  }
  expect([...compiled.highEntropy.data]).toEqual([1, 0, 0, 0, 1, 1])
})

describe('masks of tokens', () => {
  const [entropy, mask] = [
    tf.tensor2d([
      [0.1, 2, NaN],
      [0.5, 1, 3],
    ]),
    tf.tensor2d([
      [1, 1, 0],
      [1, 1, 1],
    ]),
  ]

  test('high entropy: the quantile is of what counts, and nothing else is read', () => {
    // Counted: 0.1, 0.5, 1, 2, 3.
    expect([...highEntropyMask(0.5)(entropy, mask).dataSync()]).toEqual([0, 1, 0, 0, 1, 1])
    expect([...highEntropyMask(0)(entropy, mask).dataSync()]).toEqual([1, 1, 0, 1, 1, 1])
    expect([...highEntropyMask(1)(entropy, mask).dataSync()]).toEqual([0, 0, 0, 0, 0, 1])
    expect([...highEntropyMask(0.5)(entropy, tf.zerosLike(mask)).dataSync()]).toEqual([0, 0, 0, 0, 0, 0])
    expect(() => highEntropyMask(2)(entropy, mask)).toThrow('the quantile must be within 0 and 1')
  })

  test('off policy: only a completion that is to be rarer and has become so is left out', () => {
    const given = {
      logProb: tf.tensor2d([
        [-3, NaN],
        [-3, NaN],
        [-1, NaN],
      ]),
      behaviourLogProb: tf.tensor2d([
        [-1, NaN],
        [-1, NaN],
        [-3, NaN],
      ]),
      advantage: tf.tensor1d([1, -1, -1]),
      mask: tf.tensor2d([
        [1, 0],
        [1, 0],
        [1, 0],
      ]),
    }
    expect([...offPolicyMask(1)(given).dataSync()]).toEqual([1, 1, 0, 0, 1, 1])
    expect(() => offPolicyMask(0)(given)).toThrow('threshold must be above 0')
  })
})
