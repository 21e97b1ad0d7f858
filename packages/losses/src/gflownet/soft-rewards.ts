import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { optionsOf } from '../options-of.ts'
import { type GroupedTrajectoryInputs, estimateLogZ } from './log-z.ts'
import { prefixLogPF } from './potentials.ts'
import { readTrajectories } from './read-trajectories.ts'
import { type Extent, type TrajectoryInputs, extentOf, only } from './trajectory-inputs.ts'

/** A batch as actions, the terminator among them: what policy-gradient losses read. */
export interface Actions {
  /** [rows, states] log-probability of the action taken at each state; 0 where there is none. Gradients flow. */
  readonly logProb: tf.Tensor2D
  /** [rows, states] 1 where an action was taken: t ≤ length */
  readonly mask: tf.Tensor2D
}

/** The same, when the extent of the batch is known already. */
export const actionsIn = (batch: TrajectoryInputs, { taken, last, exists }: Extent): Actions => ({
  logProb: tf.add(only(taken, batch.logPF), only(last, batch.logPTerm)),
  mask: tf.cast(exists, 'float32'),
})

/**
 * The actions of a batch, for policy-gradient losses.
 *
 * @example reduce(grpo()({ ...actionsOf(batch), advantage: softAdvantages()(batch) }), weight)
 */
export const actionsOf = (batch: TrajectoryInputs): Actions => actionsIn(batch, extentOf('actionsOf', batch))

export interface ValuedTrajectoryInputs extends TrajectoryInputs {
  /** [rows, states] V(s_t), soft value of each state (at the optimum log F(s_t)), nats: a constant. Default 0. */
  readonly values?: tf.Tensor2D
}

/**
 * What entropy-regularised reinforcement learning earns by each action; a GFlowNet is its optimal policy.
 *
 *   g_t = r_t − log P_F(a_t | s_t),   r_t = log R(x) at the terminator, else 0
 *
 * Its sum along a trajectory is log R(x) − log P_F(τ), the residual of trajectory balance without log Z. A constant.
 *
 * @returns [rows, states] nats; 0 where no action was taken
 * @throws RangeError for a wrong shape
 * @see Tiapkin et al. 2024, arXiv:2310.12934; Deleu et al. 2024, arXiv:2402.10309
 */
export const softRewards = (given: TrajectoryInputs): tf.Tensor2D => {
  const { batch, extent } = readTrajectories('softRewards', given)
  return detach(tf.sub<tf.Tensor2D>(only(extent.last, batch.logReward), actionsIn(batch, extent).logProb))
}

/**
 * Values of states without a value head, from a batch of at least two completions a prompt: at balance the soft value
 * of a state is its log flow, and on a token tree
 *
 *   V(s_t) = log Ẑ + Σ_{u<t} log P_F(a_u | s_u),   log Ẑ of `estimateLogZ`
 *
 * With λ = 1 every action of a completion then has the advantage log R − log P_F(τ) − log Ẑ, and `softPolicyGradient`
 * is half of `logPartitionVariance`; with λ < 1 actions far from the end have less of it. A constant.
 *
 * @returns [rows, states] nats
 * @throws RangeError for a wrong shape
 * @example softPolicyGradient({ lambda: 0.95 })({ ...batch, values: estimatedValues(batch) })
 */
export const estimatedValues = (given: GroupedTrajectoryInputs): tf.Tensor2D => {
  const { batch, extent } = readTrajectories('estimatedValues', given)
  return detach(tf.add<tf.Tensor2D>(tf.expandDims(estimateLogZ(batch), 1), prefixLogPF(batch, extent)))
}

/** [states, states] λ^{u − t} at [u, t] for u ≥ t, else 0: what later residuals count for earlier actions. */
const decays = (states: number, lambda: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: states * states }, (_, k) => {
      const ahead = Math.floor(k / states) - (k % states)
      return ahead < 0 ? 0 : lambda ** ahead
    }),
    [states, states],
  )

/**
 * Generalised advantages of soft rewards.
 *
 *   δ_t = g_t + V(s_{t+1}) − V(s_t),   A_t = Σ_{u ≥ t} λ^{u−t} δ_u,   V past the terminator is 0
 *
 * λ = 1 is the reward to go less the value, and without values the reward to go; λ = 0 is the one-step residual, that
 * of detailed balance. λ < 1 needs values (a head's, `estimatedValues`): it is a bias without them. No discount: the
 * soft optimum is the posterior only without one. A constant.
 *
 * @param options.lambda 0 ≤ λ ≤ 1, default 1 (torchgfn's example 0.7)
 * @returns [rows, states] nats; 0 where no action was taken, and in rows that are ruled out
 * @throws RangeError for a wrong shape or λ outside of [0, 1]
 * @see Schulman et al. 2016, arXiv:1506.02438; torchgfn utils/soft_rl.py
 */
export const softAdvantages = (
  options: { readonly lambda?: number } = {},
): ((batch: ValuedTrajectoryInputs) => tf.Tensor2D) => {
  const { lambda } = optionsOf('softAdvantages', options, { lambda: 1 })
  if (!(lambda >= 0 && lambda <= 1)) throw new RangeError(`softAdvantages: lambda must be in [0, 1], found ${lambda}`)
  return (given) => {
    const { batch, extent } = readTrajectories('softAdvantages', given, ({ rows, states, exists }) => {
      if (given.values === undefined) return {}
      checkShape('softAdvantages', 'values', given.values, { rows, states })
      return { values: exists }
    })
    const { rows, states, exists, told } = extent
    const earned = softRewards(batch)
    const value = batch.values === undefined ? tf.zeros<tf.Rank.R2>([rows, states]) : only(exists, batch.values)
    const next = tf.concat([tf.slice2d(value, [0, 1], [rows, states - 1]), tf.zeros([rows, 1])], 1)
    const residual = tf.add(earned, tf.sub(next, value))
    const tell = tf.greater<tf.Tensor2D>(tf.mul(tf.expandDims(told, 1), tf.cast(exists, 'float32')), 0)
    return detach(only(tell, tf.matMul(residual, decays(states, lambda))))
  }
}
