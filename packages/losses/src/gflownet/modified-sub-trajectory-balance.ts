import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { checkName } from './check-name.ts'
import { type LogZ, logZByRow, readLogZ } from './log-z.ts'
import { toldMean, trajectoryMetrics } from './metrics.ts'
import { EXITS, type Exit, modifiedPotentials, statesThatMayStop, withExit } from './potentials.ts'
import { type ReadTrajectories, readTrajectories } from './read-trajectories.ts'
import { type Regression, squared } from './regression.ts'
import { allPairs } from './sub-trajectories.ts'
import { terminationOf } from './termination-values.ts'
import type { Extent, TrajectoryInputs } from './trajectory-inputs.ts'
import { type Weighting, lengthWeights } from './weighting.ts'

export interface ModifiedSubTrajectoryBalanceOptions {
  /** λ ≥ 0, weight λ^{n−1} of a sub-trajectory of n transitions. 1: all alike; 0: single transitions. Default 1. */
  readonly lambda?: number
  /** Over what the weights are normalised. Default `pooled`, as in gfn-lm-tuning. */
  readonly weighting?: Weighting
  readonly regression?: Regression
  /** Whether the terminating transition counts. Default `leftOut`. */
  readonly exit?: Exit
  /** Tokens before which the MDP forbids stopping. Above 0 the root's flow is `logZ`. Default 0. */
  readonly minLength?: number
}

export interface AnchoredTrajectoryInputs extends TrajectoryInputs {
  /** [] or [rows] log Z, learned or `estimateLogZ`: required where minLength > 0, refused where it is 0. */
  readonly logZ?: LogZ
}

/** Checks what the type cannot say of a loss on states that may stop; [rows] log Z where there is an anchor. */
export const anchorOf = (
  caller: string,
  { logZ }: AnchoredTrajectoryInputs,
  extent: Extent,
  minLength: number,
): tf.Tensor1D | undefined => {
  if (!Number.isInteger(minLength) || minLength < 0 || extent.states - Math.max(1, minLength) < 1)
    throw new RangeError(`${caller}: minLength ${minLength} leaves no transition in ${extent.states} states`)
  if (minLength > 0 && logZ === undefined)
    throw new RangeError(`${caller}: minLength ${minLength} needs logZ, learned or from estimateLogZ, as root flow`)
  if (minLength === 0 && logZ !== undefined)
    throw new RangeError(`${caller}: logZ is not read where minLength is 0, because the root may stop; leave it out`)
  return logZ === undefined ? undefined : logZByRow(logZ, extent)
}

/** A batch whose rewards and terminators are read at every state that may stop, checked. */
export const readPrefixes = (
  caller: string,
  given: AnchoredTrajectoryInputs,
  minLength: number,
): ReadTrajectories<AnchoredTrajectoryInputs> =>
  readTrajectories(caller, given, (extent) => {
    const stops = statesThatMayStop(extent, minLength)
    const anchor = given.logZ === undefined ? {} : readLogZ(caller, given.logZ, extent)
    return { ...anchor, logPTerm: stops, logReward: stops }
  })

/**
 * Modified sub-trajectory balance: sub-trajectory balance without a learned flow. Every state of a token tree may
 * stop, so its flow is known from its reward and the probability of stopping there.
 *
 *   F(s_t) = R(s_t ⊤) / P_F(⊤ | s_t)
 *   residual(i, j) = log F(s_i) + Σ_{i≤t<j} log P_F(z_{t+1} | s_t) − log F(s_j),   0 ≤ i < j ≤ length
 *   loss = Σ_{i<j} λ^{j−i−1} g(residual(i, j)) / Σ_{i<j} λ^{j−i−1}
 *
 * Conventions. gfn-lm-tuning sums both numerator and denominator over the whole batch (`pooled`). Its scripts differ
 * in whether the terminating transition counts: see `Exit`.
 * The last state at the maximum length must be forced (logPTerm = 0), or the optimum is not unique.
 *
 * logReward is read at every state that may stop.
 *
 * @param options.lambda     λ ≥ 0, default 1
 * @param options.weighting  over what the weights are normalised: `pooled` (default), `within`, `geometric`, `equal`,
 *                           `equalWithin`, `detailedBalance`, `modifiedDetailedBalance`, `trajectoryBalance`; see
 *                           `Weighting`
 * @param options.regression what a residual costs, default `squared`
 * @param options.exit       whether the terminating transition counts, default `leftOut`; see `Exit`
 * @param options.minLength  tokens before which the MDP forbids stopping, default 0; above it the batch needs `logZ`
 * @returns terms [rows, nodes, nodes], nats², at [row, i, j] for i < j; nodes = states − max(0, minLength − 1).
 *          Metrics: those of `trajectoryMetrics`, and logZ, the mean of log F(s_0) over the kept rows
 * @throws RangeError for a wrong shape, λ < 0, an unknown weighting, exit or option, or a logZ missing or given in vain
 * @see Hu et al. 2024, arXiv:2310.04363, eq. 3; Deleu et al. 2022, arXiv:2202.13903 (the modified detailed balance)
 * @example
 * reduce(modifiedSubTrajectoryBalance({ lambda: 1 })({ logPF, logPTerm, logReward, valid, keep }), weight)
 */
export const modifiedSubTrajectoryBalance = (
  options: ModifiedSubTrajectoryBalanceOptions = {},
): ((batch: AnchoredTrajectoryInputs) => Terms) => {
  const name = 'modifiedSubTrajectoryBalance'
  const { lambda, weighting, regression, exit, minLength } = optionsOf(name, options, {
    lambda: 1,
    weighting: 'pooled',
    regression: squared,
    exit: 'leftOut',
    minLength: 0,
  })
  checkName(name, 'exit', exit, EXITS)
  const weights = lengthWeights(name, weighting, lambda)
  return (given) => {
    const { batch, extent } = readPrefixes(name, given, minLength)
    const inner = modifiedPotentials(batch, extent, minLength, anchorOf(name, batch, extent, minLength))
    const potentials = exit === 'counted' ? withExit(inner) : inner
    const found = allPairs(potentials, weights, regression)
    const root = tf.reshape<tf.Rank.R1>(tf.slice2d(potentials.phi, [0, 0], [extent.rows, 1]), [extent.rows])
    return {
      terms: found.terms,
      share: found.share,
      mass: found.mass,
      metrics: {
        ...trajectoryMetrics(found, terminationOf(batch, extent), extent, batch.group),
        logZ: toldMean(root, extent.told),
      },
    }
  }
}
