import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { errorOf, inFloat32 } from './comparison.ts'
import { runParity, summary } from './run-parity.ts'
import { readVectors } from './vector-file.ts'

const vectors = readVectors(fileURLToPath(new URL('./fixtures/gflownet.json', import.meta.url)))
const outcomes = await runParity(vectors)

test('every case of a written objective has the reference numbers', () => {
  expect(outcomes.filter(({ status }) => status === 'failed')).toEqual([])
})

test.each([
  'modified_subtb_lambda_1.0',
  'modified_subtb_lambda_0.7',
  'modified_subtb_limits',
  'modified_subtb_two_mask_conventions',
  'torchgfn_subtb_weightings',
  'lm_vs_torchgfn_equal',
  'sequence_level_losses / tb_mean_square',
  'sequence_level_losses / lpv (torchgfn, population variance)',
  'sequence_level_losses / vargrad_grouped_detached_mean',
  'sequence_level_losses / vargrad_grouped_attached_mean',
  'regression_losses',
  'termination_values',
  'next_sentence_reward_score_fast',
  'replay_buffer_scenario',
  'behaviour_policy_and_rollout',
])('%s is checked, not skipped', (name) => {
  expect(outcomes.find((outcome) => outcome.name === name)?.status).toBe('passed')
})

test('a number off by one part in ten thousand fails its case', async () => {
  const off = vectors.map((vector) =>
    vector.name === 'modified_subtb_lambda_1.0'
      ? { ...vector, expected: { ...vector.expected, loss: (vector.expected.loss as number) * 1.0001 } }
      : vector,
  )
  const failed = (await runParity(off)).filter(({ status }) => status === 'failed')
  expect(failed.map(({ name }) => name)).toEqual(['modified_subtb_lambda_1.0'])
})

test('NaN, a missing number and a wrong infinity are errors', () => {
  expect(errorOf(inFloat32('x', [NaN], 1), 1e-9)).toBe(Infinity)
  expect(errorOf(inFloat32('x', [1], [1, 1]), 1e-9)).toBe(Infinity)
  expect(errorOf(inFloat32('x', [-1e30], '-inf'), 1e-9)).toBe(Infinity)
  expect(errorOf(inFloat32('x', [-Infinity, 2], ['-inf', 2]), 1e-9)).toBe(0)
})

test('an unknown case is skipped with the reason and counted', async () => {
  const [outcome] = await runParity([{ name: 'nothing_of_ours', tolerance_abs: 1e-9, inputs: {}, expected: {} }])
  expect(outcome).toEqual({ name: 'nothing_of_ours', status: 'skipped', remark: 'no checker for a case of this name' })
  expect(summary([outcome])).toBe('0 passed, 0 failed, 1 skipped')
})
