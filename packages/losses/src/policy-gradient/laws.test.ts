import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { tokenMean } from '../sharing.ts'
import { sumOfLosses } from '../sum-of-losses.ts'
import type { Terms } from '../terms.ts'
import type { Frozen } from '../testing/evaluate.ts'
import { type LossCase, keepTheLaws } from '../testing/laws.ts'
import { type Row, between, blankOutside, firstOnes, logProbs, many, mapNested } from '../testing/rows.ts'
import { cispo } from './cispo.ts'
import { expectedReward } from './expected-reward.ts'
import { gmpo } from './gmpo.ts'
import { bnpo, dapo, drGRPO, grpo } from './grpo.ts'
import { gspo, gspoToken, luspo } from './gspo.ts'
import { importanceCorrected, k1, k2, k3 } from './kl-estimators.ts'
import type { PolicyGradientLoss } from './policy-gradient.ts'
import { ppoPolicy } from './ppo.ts'
import { reinforce } from './reinforce.ts'
import { rloo } from './rloo.ts'
import { sapo } from './sapo.ts'
import { type ValueInputs, clippedValueLoss, squaredValueLoss } from './value-loss.ts'
import type { PolicyGradientInputs } from './tokens.ts'
import { vespo } from './vespo.ts'

const STEPS = 4

const completion: fc.Arbitrary<Row> = fc.record({
  logProb: logProbs(STEPS),
  oldLogProb: logProbs(STEPS),
  referenceLogProb: logProbs(STEPS),
  advantage: between(-2, 2),
  correction: many(STEPS, 0, 2),
  entropy: many(STEPS, 0, 3),
  mask: fc.integer({ min: 1, max: STEPS }).map((length) => firstOnes(length, STEPS)),
})

const outside =
  (names: readonly string[]) =>
  (row: Row): Row => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, blankOutside(row[name], row.mask)])),
  })

const masked = (row: Row): Row => ({ ...row, mask: firstOnes(0, STEPS) })

const family = (name: string, loss: PolicyGradientLoss, more: Partial<LossCase> = {}): LossCase => ({
  name,
  loss: loss as LossCase['loss'],
  row: completion,
  learned: ['logProb'],
  blank: outside(['logProb', 'oldLogProb', 'referenceLogProb', 'correction', 'entropy']),
  empty: masked,
  ...more,
})

type Drawn = Required<PolicyGradientInputs>

/** A loss −sg(w) A log π whose weight w stays as it is. */
const scored = (part: string, weight: (at: Drawn) => tf.Tensor): Frozen => ({
  part,
  loss: (at: Drawn) => (inputs: Drawn) =>
    reinforce({ sharing: tokenMean })({ ...inputs, correction: tf.mul(at.correction, weight(at)) }),
})

const logRatio = ({ logProb, oldLogProb, mask }: Drawn): tf.Tensor2D => tf.mul(mask, tf.sub(logProb, oldLogProb))

const cappedRatio = scored('the ratio of each token', (at) => tf.minimum(tf.exp(logRatio(at)), 1.5))

/** φ of VESPO, of the whole completion. */
const phiOfCompletion = scored('φ(W) of each completion', (at) => {
  const logW = tf.sum(logRatio(at), 1, true)
  const phi = (k: number, lambda: number): tf.Tensor =>
    tf.exp(tf.add(tf.mul(k, logW), tf.mul(lambda, tf.sub(1, tf.exp(logW)))))
  return tf.where(tf.greaterEqual(tf.expandDims(at.advantage, 1), 0), phi(2, 3), phi(3, 2))
})

/** s_t = sg(s) π / sg(π): the ratio to an old policy that is the present one, short of s. */
const ratioOfCompletion: Frozen = {
  part: 'the ratio of each completion, and π of each token under it',
  loss: (at: Drawn) => {
    const logS = tf.div(tf.sum(logRatio(at), 1, true), tf.sum(at.mask, 1, true))
    const oldLogProb: tf.Tensor2D = tf.sub(at.logProb, logS)
    return (inputs: Drawn) => grpo({ epsilon: 0.2, epsilonHigh: 0.3 })({ ...inputs, oldLogProb })
  },
}

const states: fc.Arbitrary<Row> = fc.record({
  value: many(STEPS, -2, 2),
  oldValue: many(STEPS, -2, 2),
  returns: many(STEPS, -2, 2),
  mask: fc.integer({ min: 1, max: STEPS }).map((length) => firstOnes(length, STEPS)),
})

/** Inputs of a row − 1.7. */
const lowered =
  (...names: readonly string[]) =>
  (row: Row): Row => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, mapNested(row[name]!, (x) => x - 1.7)])),
  })

/** What is a function of ratios alone. */
const ofRatios = { shifted: lowered('logProb', 'oldLogProb', 'referenceLogProb') }

const value = (name: string, loss: ReturnType<typeof clippedValueLoss>): LossCase => ({
  name,
  loss: loss as LossCase['loss'],
  row: states,
  learned: ['value'],
  shifted: lowered('value', 'oldValue', 'returns'),
  blank: outside(['value', 'oldValue', 'returns']),
  empty: masked,
})

/** PPO: policy and value of the same states. */
const ppo = (inputs: Drawn & ValueInputs): Terms =>
  sumOfLosses([
    [1, ppoPolicy({ epsilon: 0.2 })(inputs)],
    [0.5, clippedValueLoss({ clipRange: 0.5 })(inputs)],
  ])

keepTheLaws([
  family('grpo, KL and entropy', grpo({ beta: 0.04, entropyBonus: 0.2 }), {
    learned: ['logProb', 'entropy'],
    ...ofRatios,
  }),
  family('grpo, corrected KL', grpo({ beta: 0.1, divergence: importanceCorrected(k3) }), ofRatios),
  family('grpo, two-sided clip', grpo({ delta: 1.5 }), ofRatios),
  family('drGRPO', drGRPO({ maxLength: 6 }), ofRatios),
  family('dapo', dapo(), ofRatios),
  family('bnpo, k1', bnpo({ beta: 0.1, divergence: k1 }), ofRatios),
  family('gspo', gspo({ epsilon: 0.2, epsilonHigh: 0.3 }), ofRatios),
  family('gspoToken', gspoToken({ epsilon: 0.2, epsilonHigh: 0.3 }), { frozen: ratioOfCompletion }),
  family('luspo', luspo(), ofRatios),
  family('gmpo', gmpo(), ofRatios),
  family('cispo', cispo({ cap: 1.5 }), { frozen: cappedRatio }),
  family('sapo', sapo(), ofRatios),
  family('vespo', vespo(), { frozen: phiOfCompletion }),
  family('rloo', rloo({ epsilon: 0.5 }), ofRatios),
  family('reinforce, k2', reinforce({ beta: 0.1, divergence: k2 })),
  family('ppoPolicy', ppoPolicy({ epsilon: 0.2 }), ofRatios),
  value('clippedValueLoss', clippedValueLoss({ clipRange: 0.5 })),
  value('squaredValueLoss', squaredValueLoss()),
  value('squaredValueLoss, clipped', squaredValueLoss({ clipRange: 0.5 })),
  {
    name: 'sumOfLosses, PPO',
    loss: ppo,
    row: fc.tuple(states, completion).map(([ofValue, ofPolicy]): Row => ({ ...ofValue, ...ofPolicy })),
    learned: ['logProb', 'value'],
    blank: outside(['logProb', 'oldLogProb', 'value', 'oldValue', 'returns']),
    empty: masked,
    // A token that the policy's loss rules out still teaches the value, and the other way round.
    breaks: ['ruledOut'],
  },
  {
    name: 'expectedReward',
    loss: expectedReward() as LossCase['loss'],
    row: fc.record({ logits: many(5, -2, 2), reward: many(5, -1, 1) }),
    learned: ['logits'],
    shifted: lowered('logits'),
  },
])
