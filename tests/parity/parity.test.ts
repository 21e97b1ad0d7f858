import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { errorOf, inFloat32 } from './comparison.ts'
import { vectorsOf } from './layouts.ts'
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
  'posterior_reward_score_fast',
  'replay_buffer_scenario',
  'behaviour_policy_and_rollout',
  'token_tree_exact_posterior',
])('%s is checked, not skipped', (name) => {
  expect(outcomes.find((outcome) => outcome.name === name)?.status).toBe('passed')
})

test('a number off by one part in ten million fails its case, because formulas are checked in float64, too', async () => {
  const off = vectors.map((vector) =>
    vector.name === 'modified_subtb_lambda_1.0'
      ? { ...vector, expected: { ...vector.expected, loss: (vector.expected.loss as number) * (1 + 1e-7) } }
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
  const [outcome] = await runParity(
    vectorsOf('x', { vectors: [{ name: 'nothing_of_ours', inputs: {}, expected: {} }] }),
  )
  expect(outcome).toEqual({ name: 'nothing_of_ours', status: 'skipped', remark: 'no checker for a case of this name' })
  expect(summary([outcome])).toBe('0 passed, 0 failed, 1 skipped')
})

test('files are told apart by their layout, and a case of another is named where it is wrong', () => {
  const read = (file: object) =>
    vectorsOf('f.json', file).map(({ layout, name, kind }) => [layout, name, kind].join(' '))
  expect(read({ vectors: [{ name: 'a', inputs: {}, expected: {} }] })).toEqual(['gflownet a a'])
  expect(read({ cases: [{ id: 'a', fn: 'f', in: {}, out: 1 }] })).toEqual(['ppo a f'])
  const pairs = [{ id: 'a', loss: 'l', inputs: {}, expected: {} }]
  const regressions = [{ id: 'r', what: 'NaN' }]
  expect(read({ vectors: pairs, regressions })).toEqual(['preference a l', 'preference r r'])
  expect(() => read({ cases: [{ id: 'a', in: {}, out: 1 }] })).toThrow(
    'f.json: cases[0] must have an id, a fn, in and out',
  )
  expect(() => read({})).toThrow('f.json: no list "vectors" or "cases" at the top')
})

test('a token tree of other numbers, prefix order and temperature is checked, and a wrong number is found', async () => {
  // By hand in float64: log R = log p / T of 1⊤, ⊤ and 0⊤; the only sub-trajectories are those of the two long ones.
  const tree = {
    layout: 'gflownet' as const,
    name: 'token_tree_exact_posterior (ours)',
    kind: 'token_tree_exact_posterior (ours)',
    tolerance_abs: 1e-9,
    hyper: {},
    inputs: {
      prefixes: [[1], [], [0]],
      logits: [
        [-0.5, 0.9, 0.4],
        [0.7, -0.4, 0.2],
        [1.1, 0.3, -0.6],
      ],
    },
    expected: {
      'T=0.5': {
        logZ: -2.260540129860228,
        target: [0.030258788741071945, 0.9377996347498443, 0.031941576509083774],
        'TV(base LM with forced stop, target)': 0.6250585217889149,
        'KL(base LM forced || target)': 1.3886378044294005,
        'subtb loss base LM, forced leaf': 11.540824505270798,
      },
      'min_len=1,T=0.5': {
        logZ: -5.037934536925474,
        'subtb loss of base LM with the -40 penalty at the empty string (forced leaf)': 5523.520663535316,
      },
    },
  }
  expect((await runParity([tree])).map(({ status }) => status)).toEqual(['passed'])
  const off = { ...tree, expected: { 'T=0.5': { ...tree.expected['T=0.5'], logZ: -2.2607 } } }
  expect((await runParity([off]))[0]).toMatchObject({ status: 'failed', remark: expect.stringContaining('T=0.5 logZ') })
  const unknown = { ...tree, expected: { 'T=0.5': { 'a new figure': 1 } } }
  expect((await runParity([unknown]))[0]).toMatchObject({
    status: 'failed',
    remark: expect.stringContaining('a new figure: nothing to compare'),
  })
})
