import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { reinforce } from '../policy-gradient/reinforce.ts'
import { sequenceSum } from '../sharing.ts'
import { type LossCase, keepTheLaws } from '../testing/laws.ts'
import {
  type Nested,
  type Row,
  between,
  blankOutside,
  firstOnes,
  flat,
  logProbs,
  many,
  mapNested,
} from '../testing/rows.ts'
import {
  type ContrastiveTrajectoryBalanceInputs,
  contrastiveTrajectoryBalance,
} from './contrastive-trajectory-balance.ts'
import { detailedBalance } from './detailed-balance.ts'
import { entropicPPO } from './entropic-ppo.ts'
import { type FlowRLInputs, flowRL } from './flow-rl.ts'
import { forwardLookingDetailedBalance } from './forward-looking-detailed-balance.ts'
import { logPartitionVariance } from './log-partition-variance.ts'
import { modifiedDetailedBalance } from './modified-detailed-balance.ts'
import { modifiedSubTrajectoryBalance } from './modified-sub-trajectory-balance.ts'
import { clamped, halfSquared, linex, shiftedCosh, squared } from './regression.ts'
import { relativeLogPartitionVariance } from './relative-log-partition-variance.ts'
import { relativeTrajectoryBalance } from './relative-trajectory-balance.ts'
import { softPolicyGradient } from './soft-policy-gradient.ts'
import { type ValuedTrajectoryInputs, actionsOf, softAdvantages } from './soft-rewards.ts'
import { subTrajectoryBalance } from './sub-trajectory-balance.ts'
import { terminationValues } from './termination-values.ts'
import { trajectoryBalance } from './trajectory-balance.ts'
import { trajectoryBalanceWithAsynchrony } from './trajectory-balance-with-asynchrony.ts'
import type { TrajectoryInputs } from './trajectory-inputs.ts'
import { trustPCL } from './trust-pcl.ts'

const STATES = 4

/** Up to 4 actions as policy-gradient losses take them. */
const acted: fc.Arbitrary<Row> = fc
  .record({
    logProb: logProbs(STATES),
    oldLogProb: logProbs(STATES),
    advantage: many(STATES, -2, 2),
    l: fc.integer({ min: 1, max: STATES }),
  })
  .map(({ l, ...rest }) => ({ ...rest, mask: firstOnes(l, STATES) }))

/** A completion of 1 to 3 tokens in 4 states, of one of two prompts. */
const row: fc.Arbitrary<Row> = fc
  .record({
    logPF: logProbs(STATES),
    logPTerm: logProbs(STATES),
    logReward: many(STATES, -3, 1),
    l: fc.integer({ min: 1, max: STATES - 1 }),
    group: fc.constantFrom(3, 8),
  })
  .map(({ l, ...rest }) => ({ ...rest, valid: firstOnes(l + 1, STATES), keep: 1 }))

const withFlow = fc.tuple(row, many(STATES, -2, 2)).map(([given, logF]): Row => ({ ...given, logF }))
const withValues = fc.tuple(row, many(STATES, -2, 2)).map(([given, values]): Row => ({ ...given, values }))
const withLogZ = fc.tuple(row, between(-2, 2)).map(([given, logZ]): Row => ({ ...given, logZ }))

const beside = (given: fc.Arbitrary<Row>): fc.Arbitrary<Row> =>
  fc.tuple(given, between(-9, -1)).map(([of, referenceLogProb]): Row => ({ ...of, referenceLogProb }))
const withPrior = beside(withLogZ)
const withOld = fc.tuple(withPrior, between(-9, -1)).map(([given, oldLogProb]): Row => ({ ...given, oldLogProb }))

const mapInputs = (given: Row, change: (x: Nested) => Nested): Row =>
  Object.fromEntries(Object.entries(given).map(([name, x]) => [name, change(x)]))

const where = (x: Nested, read: (t: number) => boolean): Nested => mapNested(x, (value, t) => (read(t) ? value : NaN))

const lengthOf = (given: Row): number => flat(given['valid']).filter((v) => v === 1).length - 1

/** Nothing past the completion: tokens from its length on, states after it. */
const pastTheEnd = (given: Row): Row => {
  const upTo = (name: string, last: number): Row =>
    name in given ? { [name]: where(given[name], (t) => t <= last) } : {}
  const l = lengthOf(given)
  return { ...given, ...upTo('logPF', l - 1), ...upTo('logPTerm', l), ...upTo('logReward', l), ...upTo('logF', l) }
}

/** Nor rewards and terminators of states in which the completion did not stop. */
const allButTheEnd = (given: Row): Row => {
  const atEnd = (x: Nested): Nested => where(x, (t) => t === lengthOf(given))
  return { ...pastTheEnd(given), logPTerm: atEnd(given['logPTerm']), logReward: atEnd(given['logReward']) }
}

const onlyLastTerminator = (given: Row): Row => ({ ...pastTheEnd(given), logPTerm: allButTheEnd(given)['logPTerm'] })

const dropped = (given: Row): Row => ({ ...given, keep: 0 })

/** log R + 7.3, which belongs to log Z. */
const richer = (given: Row): Row => ({ ...given, logReward: mapNested(given['logReward'], (x) => x + 7.3) })

/** The same of rewards and of what is normalised by them. */
const richerBy =
  (...names: readonly string[]) =>
  (given: Row): Row => ({
    ...richer(given),
    ...Object.fromEntries(names.map((name) => [name, mapNested(given[name], (x) => x + 7.3)])),
  })

/** The same where the reward is multiplied by β: log Z moves by β · 7.3. */
const richerAtRoot =
  (beta: number) =>
  (given: Row): Row => ({ ...richer(given), logZ: mapNested(given['logZ'], (x) => x + beta * 7.3) })

const prefixes = {
  shifted: richer,
  row,
  learned: ['logPF', 'logPTerm', 'logReward'],
  blank: pastTheEnd,
  empty: dropped,
}
const flows = {
  shifted: richerBy('logF'),
  row: withFlow,
  learned: ['logPF', 'logPTerm', 'logF'],
  blank: allButTheEnd,
  empty: dropped,
}
const wholes = { row, learned: ['logPF', 'logPTerm', 'logReward'], blank: allButTheEnd, empty: dropped }

const anchored = { ...wholes, learned: [...wholes.learned, 'logZ'] }
const grouped = { ...wholes, shifted: richer, together: 'group' }

const CASES: readonly LossCase[] = [
  { name: 'modifiedSubTrajectoryBalance', loss: modifiedSubTrajectoryBalance(), ...prefixes },
  { name: 'modifiedSubTrajectoryBalance, λ = 0.7', loss: modifiedSubTrajectoryBalance({ lambda: 0.7 }), ...prefixes },
  { name: 'modifiedSubTrajectoryBalance, λ = 2', loss: modifiedSubTrajectoryBalance({ lambda: 2 }), ...prefixes },
  {
    name: 'modifiedSubTrajectoryBalance, minimum length 1',
    loss: modifiedSubTrajectoryBalance({ minLength: 1, weighting: 'within', lambda: 0.7 }),
    ...prefixes,
    // log Z moves along with the rewards.
    shifted: richerBy('logZ'),
    row: withLogZ,
    learned: [...prefixes.learned, 'logZ'],
    blank: (given) => {
      const stopping = pastTheEnd(given)
      const from1 = (x: Nested): Nested => mapNested(x, (value, t) => (t === 0 ? NaN : value))
      return { ...stopping, logPTerm: from1(stopping['logPTerm']), logReward: from1(stopping['logReward']) }
    },
  },
  {
    // Each length is averaged over the batch: see shareByLength.
    name: 'modifiedSubTrajectoryBalance, geometric',
    loss: modifiedSubTrajectoryBalance({ weighting: 'geometric' }),
    ...prefixes,
    breaks: ['accumulation'],
  },
  { name: 'modifiedDetailedBalance', loss: modifiedDetailedBalance(), ...prefixes },
  { name: 'subTrajectoryBalance', loss: subTrajectoryBalance({ regression: shiftedCosh }), ...flows },
  { name: 'subTrajectoryBalance, whole', loss: subTrajectoryBalance({ weighting: 'trajectoryBalance' }), ...flows },
  ...(['pooled', 'equal', 'equalWithin', 'detailedBalance', 'modifiedDetailedBalance'] as const).map((weighting) => ({
    name: `subTrajectoryBalance, ${weighting}`,
    loss: subTrajectoryBalance({ weighting }),
    ...flows,
  })),
  { name: 'detailedBalance', loss: detailedBalance({ regression: linex(-0.5) }), ...flows },
  {
    name: 'trajectoryBalance',
    loss: trajectoryBalance(),
    ...anchored,
    shared: { logZ: 0.7 },
  },
  {
    name: 'trajectoryBalance, log Z of each row',
    loss: trajectoryBalance({ regression: halfSquared }),
    ...anchored,
    shifted: richerBy('logZ'),
    row: withLogZ,
  },
  { name: 'logPartitionVariance', loss: logPartitionVariance(), ...grouped },
  {
    name: 'modifiedSubTrajectoryBalance, exit counted',
    loss: modifiedSubTrajectoryBalance({ exit: 'counted', lambda: 0.7 }),
    ...prefixes,
  },
  { name: 'modifiedDetailedBalance, exit counted', loss: modifiedDetailedBalance({ exit: 'counted' }), ...prefixes },
  {
    name: 'forwardLookingDetailedBalance',
    loss: forwardLookingDetailedBalance(),
    ...flows,
    // its flow is what stands beside the reward of a prefix
    shifted: richer,
    learned: [...flows.learned, 'logReward'],
    blank: onlyLastTerminator,
  },
  {
    // Copies of a row make pairs of no difference.
    name: 'contrastiveTrajectoryBalance',
    loss: contrastiveTrajectoryBalance({ regression: linex(0.5) }),
    ...grouped,
    breaks: ['duplicates'],
  },
  {
    // As above.
    name: 'contrastiveTrajectoryBalance, chosen pairs',
    loss: ({ pairs, ...batch }: ContrastiveTrajectoryBalanceInputs & { readonly pairs: tf.Tensor }) =>
      contrastiveTrajectoryBalance()({
        ...batch,
        pairs: tf.maximum(tf.expandDims(pairs, 1), tf.expandDims(pairs, 0)) as tf.Tensor2D,
      }),
    ...grouped,
    // 1: its pairs count, whatever the other row of them says.
    row: fc.tuple(row, fc.constantFrom(0, 1, 1)).map(([given, pairs]): Row => ({ ...given, pairs })),
    breaks: ['duplicates'],
  },
  {
    name: 'relativeTrajectoryBalance',
    loss: relativeTrajectoryBalance({ beta: 0.5 }),
    ...anchored,
    row: withPrior,
    shifted: richerAtRoot(0.5),
  },
  {
    name: 'relativeLogPartitionVariance',
    loss: relativeLogPartitionVariance({ beta: 0.5 }),
    ...grouped,
    row: beside(row),
  },
  {
    name: 'trajectoryBalanceWithAsynchrony',
    loss: trajectoryBalanceWithAsynchrony({ beta: 0.1 }),
    ...grouped,
    row: beside(row),
  },
  { name: 'trustPCL', loss: trustPCL({ alpha: 2 }), ...anchored, row: withPrior, shifted: richerAtRoot(0.5) },
  {
    name: 'flowRL, on policy',
    loss: flowRL({ regression: clamped(300, squared) }),
    ...anchored,
    row: withPrior,
    shifted: richerAtRoot(15),
  },
  {
    name: 'flowRL',
    loss: flowRL(),
    ...anchored,
    row: withOld,
    shifted: richerAtRoot(15),
    frozen: {
      part: 'the importance weight',
      loss: (at: FlowRLInputs) => {
        const { logPF, length } = terminationValues(at)
        const weight = tf.exp(tf.div(tf.sub(logPF, at.oldLogProb!), tf.add(length, 1)))
        return ({ oldLogProb: _, ...onPolicy }: FlowRLInputs) => {
          const { terms, ...rest } = flowRL()(onPolicy)
          return { ...rest, terms: tf.mul(tf.clipByValue(weight, 0.8, 1.2), terms) }
        }
      },
    },
  },
  {
    name: 'softPolicyGradient',
    loss: softPolicyGradient({ lambda: 0.7 }),
    ...wholes,
    learned: ['logPF', 'logPTerm'],
    frozen: {
      part: 'the advantage of each action',
      loss: (at: TrajectoryInputs) => (inputs: TrajectoryInputs) => {
        const { logProb, mask } = actionsOf(inputs)
        return reinforce({ sharing: sequenceSum })({ logProb, mask, advantage: softAdvantages({ lambda: 0.7 })(at) })
      },
    },
  },
  {
    name: 'softPolicyGradient, values given',
    loss: softPolicyGradient({ lambda: 0.7 }),
    ...wholes,
    row: withValues,
    learned: ['logPF', 'logPTerm'],
    shifted: richerBy('values'),
    blank: ({ values, ...given }) => ({ ...allButTheEnd(given), values: where(values, (t) => t <= lengthOf(given)) }),
    frozen: {
      part: 'the advantage of each action',
      loss: (at: ValuedTrajectoryInputs) => (inputs: ValuedTrajectoryInputs) => {
        const { logProb, mask } = actionsOf(inputs)
        return reinforce({ sharing: sequenceSum })({ logProb, mask, advantage: softAdvantages({ lambda: 0.7 })(at) })
      },
    },
  },
  {
    name: 'entropicPPO, divergence given',
    loss: entropicPPO({ beta: 0.5 }),
    row: fc.tuple(acted, many(STATES, 0, 2)).map(([of, divergence]): Row => ({ ...of, divergence })),
    learned: ['logProb', 'divergence'],
    blank: ({ mask, ...rest }) => ({ ...mapInputs(rest, (x) => blankOutside(x, mask)), mask }),
    empty: (given) => ({ ...given, mask: firstOnes(0, STATES) }),
  },
  {
    name: 'entropicPPO',
    loss: entropicPPO(),
    row: acted,
    learned: ['logProb'],
    blank: ({ mask, ...rest }) => ({ ...mapInputs(rest, (x) => blankOutside(x, mask)), mask }),
    empty: (given) => ({ ...given, mask: firstOnes(0, STATES) }),
  },
]

keepTheLaws(CASES)
