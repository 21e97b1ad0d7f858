import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { toldMean, trajectoryMetrics } from './metrics.ts'
import { learnedPotentials } from './potentials.ts'
import { type ReadTrajectories, type Reads, readTrajectories } from './read-trajectories.ts'
import { type Regression, squared } from './regression.ts'
import { allPairs } from './sub-trajectories.ts'
import { terminationOf } from './termination-values.ts'
import type { Extent, TrajectoryInputs } from './trajectory-inputs.ts'
import { type Weighting, lengthWeights } from './weighting.ts'

export interface SubTrajectoryBalanceOptions {
  /** λ ≥ 0, read by `pooled`, `within` and `geometric`. Default 0.9. */
  readonly lambda?: number
  /** Default `within`, the paper's. */
  readonly weighting?: Weighting
  readonly regression?: Regression
}

export interface FlowTrajectoryInputs extends TrajectoryInputs {
  /** [rows, states] learned log F(s_t), nats */
  readonly logF: tf.Tensor2D
}

/** A batch under a learned flow, checked; rows that either rules out are ruled out. */
export const readWithFlow = (
  caller: string,
  given: FlowTrajectoryInputs,
  reads: (extent: Extent) => Reads = () => ({}),
): ReadTrajectories<FlowTrajectoryInputs> =>
  readTrajectories(caller, given, (extent) => {
    const { rows, states, exists } = extent
    checkShape(caller, 'logF', given.logF, { rows, states })
    return { logF: exists, ...reads(extent) }
  })

/**
 * Sub-trajectory balance: every stretch of a trajectory must carry as much flow in as out, under a learned flow.
 *
 *   residual(i, j) = log F(s_i) + Σ_{i≤t<j} log P_F(a_t | s_t) − log F(s_j),   0 ≤ i < j ≤ length + 1
 *   loss = Σ share(i, j) · residual(i, j)²
 *
 * Node length + 1 is the end: the terminator is an action like any other, and log F there is log R. A trajectory
 * of l tokens so has l + 1 transitions and (l + 1)(l + 2) / 2 sub-trajectories. log P_B = 0 on a token tree.
 *
 * The weightings are torchgfn's (see Weighting for their names there) and gfn-lm-tuning's `pooled`. Where torchgfn
 * divides by 1 − λ the sums are taken instead, so λ = 1 is the limit and not a division by zero.
 *
 * logReward and logPTerm are read at column `length` only.
 *
 * @param options.lambda     λ ≥ 0, default 0.9
 * @param options.weighting  how sub-trajectories share the loss: `pooled`, `within` (default), `geometric`, `equal`,
 *                           `equalWithin`, `detailedBalance`, `modifiedDetailedBalance`, `trajectoryBalance`; see
 *                           `Weighting`
 * @param options.regression what a residual costs, default `squared`
 * @returns terms [rows, states + 1, states + 1], nats², at [row, i, j] for i < j. Metrics: those of
 *          `trajectoryMetrics`, and logZ, the mean of log F(s_0) over the kept rows
 * @throws RangeError for a wrong shape, λ < 0, an unknown weighting or option
 * @see Madan et al. 2023, arXiv:2209.12782
 * @example reduce(subTrajectoryBalance({ lambda: 0.9 })({ ...batch, logF }), weight)
 */
export const subTrajectoryBalance = (
  options: SubTrajectoryBalanceOptions = {},
): ((batch: FlowTrajectoryInputs) => Terms) => {
  const name = 'subTrajectoryBalance'
  const { lambda, weighting, regression } = optionsOf(name, options, {
    lambda: 0.9,
    weighting: 'within',
    regression: squared,
  })
  const weights = lengthWeights(name, weighting, lambda)
  return (given) => {
    const { batch, extent } = readWithFlow(name, given)
    const { rows } = extent
    const whole = terminationOf(batch, extent)
    const potentials = learnedPotentials(batch, extent, batch.logF, whole)
    const found = allPairs(potentials, weights, regression)
    const root = tf.reshape<tf.Rank.R1>(tf.slice2d(potentials.phi, [0, 0], [rows, 1]), [rows])
    return {
      terms: found.terms,
      share: found.share,
      mass: found.mass,
      metrics: {
        ...trajectoryMetrics(found, whole, extent, batch.group),
        logZ: toldMean(root, extent.told),
      },
    }
  }
}
