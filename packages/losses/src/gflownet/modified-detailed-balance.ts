import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { checkName } from './check-name.ts'
import { type DetailedBalanceOptions, checkNormalisation } from './detailed-balance.ts'
import { trajectoryMetrics } from './metrics.ts'
import { type AnchoredTrajectoryInputs, anchorOf, readPrefixes } from './modified-sub-trajectory-balance.ts'
import { EXITS, type Exit, modifiedPotentials, withExit } from './potentials.ts'
import { squared } from './regression.ts'
import { adjacentPairs } from './sub-trajectories.ts'
import { terminationOf } from './termination-values.ts'

export interface ModifiedDetailedBalanceOptions extends DetailedBalanceOptions {
  /** Whether the terminating transition counts. Default `leftOut`. */
  readonly exit?: Exit
  /** Tokens before which the MDP forbids stopping. Above 0 the root's flow is `logZ`. Default 0. */
  readonly minLength?: number
}

/**
 * Modified detailed balance: detailed balance between states that may all stop, so that no flow is learned.
 *
 *   residual_t = log R(s_t ⊤) + log P_F(z_{t+1} | s_t) + log P_F(⊤ | s_{t+1}) − log R(s_{t+1} ⊤) − log P_F(⊤ | s_t),
 *   0 ≤ t < length
 *
 * Conventions. `within` (the default: mean over each trajectory's transitions, then over the trajectories that
 * have any) is gfn-lm-tuning's `modified_db`; `pooled` is torchgfn's ModifiedDBGFlowNet, and modified
 * sub-trajectory balance at λ = 0.
 *
 * logReward is read at every state that may stop.
 *
 * @param options.normalisation over each trajectory's transitions, or `pooled` over the batch's; default `within`
 * @param options.regression    what a residual costs, default `squared`
 * @param options.exit          whether the terminating transition counts, default `leftOut`; see `Exit`
 * @param options.minLength     tokens before which the MDP forbids stopping, default 0; above it the batch needs `logZ`
 * @returns terms [rows, nodes − 1], nats², at [row, t]; nodes = states − max(0, minLength − 1).
 *          Metrics: those of `trajectoryMetrics`
 * @throws RangeError for a wrong shape, an unknown normalisation, exit or option, or a logZ missing or given in vain
 * @see Deleu et al. 2022, arXiv:2202.13903
 * @example reduce(modifiedDetailedBalance()({ logPF, logPTerm, logReward, valid, keep }), weight)
 */
export const modifiedDetailedBalance = (
  options: ModifiedDetailedBalanceOptions = {},
): ((batch: AnchoredTrajectoryInputs) => Terms) => {
  const name = 'modifiedDetailedBalance'
  const { normalisation, regression, exit, minLength } = optionsOf(name, options, {
    normalisation: 'within',
    regression: squared,
    exit: 'leftOut',
    minLength: 0,
  })
  checkNormalisation(name, normalisation)
  checkName(name, 'exit', exit, EXITS)
  return (given) => {
    const { batch, extent } = readPrefixes(name, given, minLength)
    const inner = modifiedPotentials(batch, extent, minLength, anchorOf(name, batch, extent, minLength))
    const potentials = exit === 'counted' ? withExit(inner) : inner
    const found = adjacentPairs(potentials, normalisation, regression)
    return {
      terms: found.terms,
      share: found.share,
      mass: found.mass,
      metrics: trajectoryMetrics(found, terminationOf(batch, extent), extent, batch.group),
    }
  }
}
