import { modifiedDetailedBalance, modifiedSubTrajectoryBalance } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { lossOf } from '../engine.ts'
import { type Columns, batchOf, columnsOf } from '../rollout-columns.ts'
import type { Formula } from '../formula.ts'
import { number } from '../json.ts'

/** A number in a key: "1e6", or "7_3" for 7.3. */
const written = (digits: string): number => Number(digits.replace('_', '.'))

const modified = (columns: Columns, lambda = 1): number =>
  lossOf(modifiedSubTrajectoryBalance({ lambda })(batchOf(columns, columns.lengths)))

const widened = (x: tf.Tensor2D, by: number): tf.Tensor2D =>
  tf.pad(x, [
    [0, 0],
    [0, by],
  ])

const mapColumns = (columns: Columns, change: (x: tf.Tensor2D) => tf.Tensor2D): Columns => ({
  ...columns,
  logPF: change(columns.logPF),
  logPTerm: change(columns.logPTerm),
  logReward: change(columns.logReward),
})

/** Squared residual from root to last state of the longest trajectories alone. */
const longest = (columns: Columns): number => {
  const most = Math.max(...columns.lengths)
  const batch = batchOf(columns, columns.lengths)
  const keep = tf.tensor1d(columns.lengths.map((length) => (length === most ? 1 : 0)))
  return lossOf(modifiedSubTrajectoryBalance({ weighting: 'trajectoryBalance' })({ ...batch, keep }))
}

const LIMITS: readonly (readonly [RegExp, (columns: Columns, digits: string, key: string) => number])[] = [
  [/^loss_lambda_([\d_.e+-]+)$/, (columns, digits) => modified(columns, written(digits))],
  [
    /^loss_with_(\d+)_extra_pad_columns$/,
    (columns, digits) => modified(mapColumns(columns, (x) => widened(x, Number(digits)))),
  ],
  [
    /^loss_with_log_r_(?:plus|minus)_([\d_.]+)$/,
    (columns, digits, key) => {
      const shift = written(digits) * (key.includes('minus') ? -1 : 1)
      return modified({ ...columns, logReward: tf.add(columns.logReward, shift) })
    },
  ],
  [
    /^loss_batch_duplicated$/,
    (columns) =>
      modified({ ...mapColumns(columns, (x) => tf.concat([x, x])), lengths: [...columns.lengths, ...columns.lengths] }),
  ],
  [
    /^pooled_modified_db_mean$/,
    (columns) => lossOf(modifiedDetailedBalance({ normalisation: 'pooled' })(batchOf(columns, columns.lengths))),
  ],
  [/^longest_trajectory_tb_square$/, longest],
]

/** Limits in λ and invariances of the batch of another case. */
export const modifiedSubTBLimits: Formula = ({ inputs, expected }, others) => {
  const base = others.find(({ name }) => name === inputs.base)
  if (base === undefined) throw new Error(`no case ${JSON.stringify(inputs.base)} in the same file`)
  const columns = columnsOf(base.inputs)
  const comparisons = Object.entries(expected).map(([key, reference]) => {
    for (const [pattern, compute] of LIMITS) {
      const found = pattern.exec(key)
      if (found !== null) return inFloat32(key, [compute(columns, found[1], key)], number(reference))
    }
    throw new Error(`${key}: nothing to compare it with`)
  })
  return [{ part: '', comparisons }]
}
