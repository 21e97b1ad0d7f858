import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { type LossCase, keepTheLaws } from '../testing/laws.ts'
import { type Row, between, blankOutside, firstOnes, logProbs, many } from '../testing/rows.ts'
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
import { clippedValueLoss, squaredValueLoss } from './value-loss.ts'
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

/** GSPO-token is the gradient of its value where the tokens of a completion count alike. */
const sameForAll = completion.map((row) => ({ ...row, correction: firstOnes(STEPS, STEPS) }))

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

/** Their weight is a number that no gradient flows through, so that the value's differences are not their gradient. */
const DETACHED: Partial<LossCase> = { breaks: ['differences'] }

const states: fc.Arbitrary<Row> = fc.record({
  value: many(STEPS, -2, 2),
  oldValue: many(STEPS, -2, 2),
  returns: many(STEPS, -2, 2),
  mask: fc.integer({ min: 1, max: STEPS }).map((length) => firstOnes(length, STEPS)),
})

const value = (name: string, loss: ReturnType<typeof clippedValueLoss>): LossCase => ({
  name,
  loss: loss as LossCase['loss'],
  row: states,
  learned: ['value'],
  blank: outside(['value', 'oldValue', 'returns']),
  empty: masked,
})

keepTheLaws([
  family('grpo, KL and entropy', grpo({ beta: 0.04, entropyBonus: 0.01 }), { learned: ['logProb', 'entropy'] }),
  family('grpo, corrected KL', grpo({ beta: 0.1, divergence: importanceCorrected(k3) })),
  family('grpo, two-sided clip', grpo({ ceiling: 1.5 })),
  family('drGRPO', drGRPO({ maxLength: 6 })),
  family('dapo', dapo()),
  family('bnpo, k1', bnpo({ beta: 0.1, divergence: k1 })),
  family('gspo', gspo({ low: 0.2, high: 0.3 })),
  family('gspoToken', gspoToken({ low: 0.2, high: 0.3 }), { row: sameForAll }),
  family('luspo', luspo()),
  family('gmpo', gmpo()),
  family('cispo', cispo({ cap: 1.5 }), DETACHED),
  family('sapo', sapo()),
  family('vespo', vespo(), DETACHED),
  family('rloo', rloo({ low: 0.5 })),
  family('reinforce, k2', reinforce({ beta: 0.1, divergence: k2 })),
  family('ppoPolicy', ppoPolicy({ low: 0.2 })),
  value('clippedValueLoss', clippedValueLoss({ clip: 0.5 })),
  value('squaredValueLoss', squaredValueLoss()),
  value('squaredValueLoss, clipped', squaredValueLoss({ clip: 0.5 })),
  {
    name: 'expectedReward',
    loss: expectedReward as LossCase['loss'],
    row: fc.record({ logits: many(5, -2, 2), reward: many(5, -1, 1) }),
    learned: ['logits'],
  },
])
