import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { Weighted } from '@gfnlm/env'
import { ARCHITECTURES, randomPolicy } from '@gfnlm/policy'
import { type Task, constant, modifiedDB, supervised, trainer, trajectoryBalanceTask, varGrad } from '@gfnlm/trainer'
import { expect, test } from 'vitest'
import { CONFIGS, decoded, judged, mdp, policyOf, trained } from './small-run.ts'
import { TFJS_NODE_KERNELS } from './tfjs-node-kernels.ts'

/** The kernels that tfjs runs meanwhile, op by op. */
const kernelsOf = async (run: () => Promise<unknown>): Promise<readonly string[]> => {
  const { kernelNames } = await tf.profile((async () => {
    await run()
    return []
  }) as never)
  // it also names functions with a gradient of their own
  return kernelNames.filter((name) => tf.getKernel(name, 'cpu') !== undefined)
}

const missing = (kernels: readonly string[]): readonly string[] =>
  kernels.filter((kernel) => !TFJS_NODE_KERNELS.has(kernel))

test('tfjs-node 4.22.0 registers 155 kernels', () => {
  expect(TFJS_NODE_KERNELS.size).toBe(155)
})

test('every family is here', () => {
  expect(Object.keys(CONFIGS).sort()).toEqual(Object.keys(ARCHITECTURES).sort())
})

test.each(Object.entries(CONFIGS))(
  'sampling from a %s, judging, a LoRA step and cached decoding need no kernel that tfjs-node lacks',
  async (_, config) => {
    const policy = policyOf(config)
    const kernels = await kernelsOf(async () => {
      const { trainable } = await trained(policy, await judged(policy, 'tfjs:cpu'), 'tfjs:cpu', {
        updates: 1,
        clipNorm: 1,
      })
      await decoded(policy, trainable, 'tfjs:cpu')
    })
    expect(kernels).toEqual(expect.arrayContaining(['BatchMatMul', 'Softmax', 'GatherV2', 'Sqrt']))
    expect(missing(kernels)).toEqual([])
  },
)

test.each<[string, Task<Weighted>]>([
  ['modified detailed balance', modifiedDB(mdp)],
  ['VarGrad', varGrad(mdp)],
  ['trajectory balance', trajectoryBalanceTask(mdp)],
])('nor does an update by %s', async (_, task) => {
  const policy = policyOf(CONFIGS['gpt2']!)
  const batch = await judged(policy)
  expect(missing(await kernelsOf(() => trained(policy, batch, 'tfjs:cpu', { updates: 1, task })))).toEqual([])
})

test('nor does full fine-tuning on texts', async () => {
  const made = randomPolicy(CONFIGS['llama']!, { seed: 3, train: 'all' })
  if (made._tag === 'Left') throw made.left
  const learner = trainer(made.right, { task: supervised(), learningRate: constant(1e-2), device: 'tfjs:cpu' })
  const kernels = await kernelsOf(() => learner.update({ rows: [{ tokens: Int32Array.of(1, 2, 3, 4), given: 1 }] }))
  expect(kernels).toContain('UnsortedSegmentSum')
  expect(missing(kernels)).toEqual([])
})
