import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { halfSquared } from '../gflownet/regression.ts'
import { type LossCase, keepTheLaws } from '../testing/laws.ts'
import { type Nested, type Row, between, many, mapNested } from '../testing/rows.ts'
import { bradleyTerry } from './bradley-terry.ts'
import { NO_STEP, processReward } from './process-reward.ts'
import { rewardClassification } from './reward-classification.ts'
import { rewardRegression } from './reward-regression.ts'
import { twoLogitBradleyTerry } from './two-logit-bradley-terry.ts'

const STEPS = 3
const CLASSES = 2

const score = between(-3, 3)
const keep = fc.constantFrom(0, 1, 1, 1)
const asRow = (given: Record<string, Nested>): Row => given

/** Of a row that is not kept nothing is read. */
const dropped: Pick<LossCase, 'blank' | 'empty'> = {
  blank: (row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, x]) => [name, name === 'keep' || row.keep !== 0 ? x : mapNested(x, () => NaN)]),
    ),
  empty: (row) => ({ ...row, keep: 0 }),
}

const ofPairs: Omit<LossCase, 'name' | 'loss'> = {
  row: fc.record({ chosen: score, rejected: score, keep }).map(asRow),
  learned: ['chosen', 'rejected'],
  ...dropped,
}

/** Tokens of which every other ends a step. */
const classes = fc.array(fc.integer({ min: 0, max: CLASSES - 1 }), { minLength: STEPS, maxLength: STEPS })
const solutions = fc.tuple(many(STEPS * CLASSES, -2, 2), classes).map(([z, y]): Row => ({
  logits: Array.from({ length: STEPS }, (_, t) => z.slice(t * CLASSES, (t + 1) * CLASSES)),
  label: y.map((of, t) => (t % 2 === 0 ? of : NO_STEP)),
}))

const unlabelled = ({ logits, label }: Row): Row => ({
  logits: mapNested(logits!, (x, at) => ((label as readonly number[])[Math.floor(at / CLASSES)]! < 0 ? NaN : x)),
  label: label!,
})

/** Inputs of a row + 2.3. */
const raised =
  (...names: readonly string[]) =>
  (row: Row): Row => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, mapNested(row[name]!, (x) => x + 2.3)])),
  })

keepTheLaws([
  { ...ofPairs, name: 'bradleyTerry', loss: bradleyTerry(), shifted: raised('chosen', 'rejected') },
  { ...ofPairs, name: 'bradleyTerry, centred', loss: bradleyTerry({ centring: 0.01 }) },
  {
    ...ofPairs,
    name: 'bradleyTerry, with margins',
    loss: bradleyTerry(),
    shifted: raised('chosen', 'rejected'),
    row: fc.record({ chosen: score, rejected: score, margin: between(0, 2), keep }).map(asRow),
  },
  {
    name: 'twoLogitBradleyTerry',
    loss: twoLogitBradleyTerry({ centring: 0.1 }),
    row: fc.record({ chosen: many(2, -3, 3), rejected: many(2, -3, 3), keep }).map(asRow),
    learned: ['chosen', 'rejected'],
    ...dropped,
  },
  {
    name: 'rewardRegression',
    loss: rewardRegression({ regression: halfSquared }),
    shifted: raised('score', 'target'),
    row: fc.record({ score, target: score, keep }).map(asRow),
    learned: ['score'],
    ...dropped,
  },
  {
    name: 'rewardClassification',
    loss: rewardClassification(),
    row: fc.record({ score, label: between(0, 1), keep }).map(asRow),
    learned: ['score'],
    ...dropped,
  },
  {
    name: 'processReward',
    loss: processReward(),
    shifted: raised('logits'),
    row: solutions,
    learned: ['logits'],
    blank: unlabelled,
    empty: ({ logits, label }) => ({ logits: logits!, label: mapNested(label!, () => NO_STEP) }),
  },
])
