import { hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { THREE, mapStates, tensorsOf } from './gflownet/batch.test.fixture.ts'
import { detailedBalance } from './gflownet/detailed-balance.ts'
import { logPartitionVariance } from './gflownet/log-partition-variance.ts'
import { modifiedDetailedBalance } from './gflownet/modified-detailed-balance.ts'
import { modifiedSubTrajectoryBalance } from './gflownet/modified-sub-trajectory-balance.ts'
import { linex, shiftedCosh } from './gflownet/regression.ts'
import { subTrajectoryBalance } from './gflownet/sub-trajectory-balance.ts'
import { trajectoryBalance } from './gflownet/trajectory-balance.ts'
import type { TrajectoryInputs } from './gflownet/trajectory-inputs.ts'
import { type Terms, reduce } from './terms.ts'

const padded = mapStates(THREE, (x, r, t, name) => (t > THREE.length[r] - (name === 'logPF' ? 1 : 0) ? NaN : x))
const batch = tensorsOf({ ...padded, group: [5, 5, 2] })
const names = ['logPF', 'logPTerm', 'logReward'] as const

const anchored = (given: TrajectoryInputs) => ({ ...given, logZ: tf.sum(tf.slice(given.keep, [0], [1])) as tf.Scalar })
const flowing = (given: TrajectoryInputs) => ({ ...given, logF: given.logReward })
const grouped = (given: TrajectoryInputs) => ({ ...given, group: given.group! })

const LOSSES: Readonly<Record<string, (given: TrajectoryInputs) => Terms>> = {
  modifiedSubTrajectoryBalance: modifiedSubTrajectoryBalance({ lambda: 0.7 }),
  'modifiedSubTrajectoryBalance, minimum length': (given) =>
    modifiedSubTrajectoryBalance({ lambda: 2, minLength: 1, weighting: 'geometric' })(anchored(given)),
  subTrajectoryBalance: (given) => subTrajectoryBalance({ regression: shiftedCosh })(flowing(given)),
  detailedBalance: (given) => detailedBalance({ regression: linex(-0.5) })(flowing(given)),
  modifiedDetailedBalance: modifiedDetailedBalance(),
  trajectoryBalance: (given) => trajectoryBalance()(anchored(given)),
  logPartitionVariance: (given) => logPartitionVariance()(grouped(given)),
}

type Weighted = TrajectoryInputs & { readonly weight: tf.Tensor1D }

/** Loss, metrics and gradients, as a step has them. */
const step = (loss: (given: TrajectoryInputs) => Terms) => (given: Weighted) => {
  const { weight, ...rest } = given
  const scalar = (...[logPF, logPTerm, logReward]: tf.Tensor[]): tf.Scalar =>
    reduce(loss({ ...rest, logPF, logPTerm, logReward } as TrajectoryInputs), weight)
  const { value, grads } = tf.valueAndGrads(scalar)(names.map((name) => rest[name]))
  return { value, grads: { logPF: grads[0], logPTerm: grads[1], logReward: grads[2] }, metrics: loss(rest).metrics }
}

type Tree = { readonly [name: string]: tf.Tensor | Tree }
const numbersOf = (tree: Tree): number[] =>
  Object.values(tree).flatMap((node) => (node instanceof tf.Tensor ? [...node.dataSync()] : numbersOf(node)))

test.each(Object.keys(LOSSES))('%s compiled to one graph gives what it gives eagerly', async (name) => {
  const given = { ...batch, weight: tf.tensor1d([1, 0.5, 2]) }
  const eager = step(LOSSES[name])(given)
  const host = Object.fromEntries(
    Object.entries(given).map(([key, x]) => [key, hostTensor(x.dataSync() as Float32Array, x.shape)]),
  )
  const compiled = jit(step(LOSSES[name]) as never, { device: 'cpu' }) as unknown as {
    (given: typeof host): Promise<{ readonly [name: string]: unknown }>
    dispose: () => Promise<void>
  }
  const flat = (node: unknown): number[] =>
    typeof node === 'object' && node !== null && 'data' in node
      ? [...(node.data as Float32Array)]
      : Object.values(node as object).flatMap(flat)
  const { value, grads, metrics } = await compiled(host)
  await compiled.dispose()
  for (const [found, expected] of [
    [flat(value), numbersOf({ value: eager.value })],
    [flat(grads), numbersOf(eager.grads)],
    [flat(metrics), numbersOf(eager.metrics)],
  ]) {
    expect(found.every(Number.isFinite)).toBe(true)
    expect(found).toHaveLength(expected.length)
    found.forEach((x, i) => expect(x).toBeCloseTo(expected[i], 3))
  }
})
