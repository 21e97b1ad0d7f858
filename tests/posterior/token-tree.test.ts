import { prompts } from '@gfnlm/data'
import {
  type TokenMDP,
  type Weighted,
  completionOf,
  logSumExp,
  normaliseLog,
  tokenMDP,
  totalVariation,
} from '@gfnlm/env'
import { reference } from '@gfnlm/policy'
import { annotate, likelihood } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { sample, sampleBatch } from '@gfnlm/sampler'
import {
  type Task,
  type Trainer,
  constant,
  cosine,
  lossStep,
  modifiedSubTB,
  trainer,
  training,
  trajectoryBalanceTask,
  varGrad,
} from '@gfnlm/trainer'
import { fileURLToPath } from 'node:url'
import { lastValueFrom } from 'rxjs'
import { expect, test } from 'vitest'
import { expectedGradientOfTB, logProbabilities, logRewards, treeOf } from '../parity/token-tree/tree.ts'
import { matrix, record } from '../parity/json.ts'
import { readVectors } from '../parity/vector-file.ts'
import {
  PROMPT,
  TERMINATOR,
  allCompletions,
  completionLogPF,
  gradientOfKL,
  nodeOf,
  treePolicy,
  weighted,
} from './token-tree.ts'

const file = fileURLToPath(new URL('../parity/fixtures/gflownet.json', import.meta.url))
const tree = readVectors(file).find(({ name }) => name === 'token_tree_exact_posterior')!
const logits = matrix(tree.inputs.logits)
const policy = treePolicy(matrix(tree.inputs.prefixes), logits)
const reward = likelihood(reference(policy))
const T = 0.8
const mdp = tokenMDP({ terminator: TERMINATOR, maxLength: 3 })
const target = record(tree.expected[`T=${T}`]).target as readonly number[]

type Learner = Trainer<Weighted>

/** Exact total variation of a learner's policy from a target over all completions of an MDP. */
const distance = async (learner: Learner, of: ArrayLike<number> = target, rules: TokenMDP = mdp): Promise<number> =>
  totalVariation(normaliseLog(await completionLogPF(policy, learner.trainable(), allCompletions(rules))), of)

const TASKS: readonly (readonly [string, (rules: TokenMDP) => Task<Weighted>, number])[] = [
  ['SubTB', (rules) => modifiedSubTB(rules), 200],
  ['VarGrad', (rules) => varGrad(rules), 200],
  ['TB', (rules) => trajectoryBalanceTask(rules), 400],
]

test.each(TASKS)(
  'all 15 strings in the batch: %s is within 1e-4 of the posterior after its steps',
  async (_, task, steps) => {
    const learner = trainer(policy, { task: task(mdp), learningRate: constant(0.05) })
    const batch = await weighted(allCompletions(mdp), reward, T)
    expect(await distance(learner)).toBeCloseTo(0.179851, 5)
    for (let step = 0; step < steps; step++) await learner.update(batch)
    expect(await distance(learner)).toBeLessThan(1e-4)
  },
)

/** Trains on the policy's own samples, as a user would: the whole pipeline, 400 steps of 64 completions. */
const onPolicy = async (task: Task<Weighted>, rules: TokenMDP = mdp, temperature = T): Promise<Learner> => {
  // The rate falls to 0, because the gradient of 64 samples never does.
  const learner = trainer(policy, { task, learningRate: cosine(0.1, 0, 400) })
  await lastValueFrom(
    training({ name: 'token tree', steps: 400, seed: 1 }, (ticks) =>
      ticks.pipe(
        prompts([PROMPT], { perStep: 1 }),
        sample(learner, { mdp: rules, perPrompt: 64 }),
        annotate(reward, { temperature: () => temperature }),
        reweight(uniform),
        lossStep(learner),
      ),
    ),
  )
  return learner
}

// log Z is far from any data at first: its rate is five times the policy's.
test.each([
  ['SubTB', modifiedSubTB(mdp)],
  ['VarGrad', varGrad(mdp)],
  ['TB', trajectoryBalanceTask(mdp, { rateScale: 5 })],
])('64 samples of its own a step: %s is within 1e-3 of the posterior after 400 steps', async (_, task) => {
  expect(await distance(await onPolicy(task))).toBeLessThan(1e-3)
})

test('what a trained policy samples follows the posterior (χ² of 4096 samples, p > 0.001)', async () => {
  const learner = await onPolicy(varGrad(mdp))
  const drawn = await sampleBatch(learner, { mdp, perPrompt: 4096 })({ step: 0, seed: 2, prompts: [PROMPT] })
  const counts = target.map(() => 0)
  for (let row = 0; row < drawn.rows; row++) counts[nodeOf(completionOf(drawn, row))] += 1
  // Outcomes that are expected fewer than five times are one.
  const cells = target.map((p, node) => ({ expected: 4096 * p, count: counts[node] }))
  const rare = cells.filter(({ expected }) => expected < 5)
  const pooled = rare.reduce((a, b) => ({ expected: a.expected + b.expected, count: a.count + b.count }))
  const kept = [...cells.filter(({ expected }) => expected >= 5), pooled]
  const chiSquare = kept.reduce((sum, { expected, count }) => sum + (count - expected) ** 2 / expected, 0)
  // 0.999 quantile of χ² with 9 degrees of freedom: R's qchisq(0.999, 9).
  expect(kept.length).toBe(10)
  expect(chiSquare).toBeLessThan(27.88)
})

test.each([
  ['0', 0],
  ['its true value', -0.6134147459697522],
  ['7', 7],
])('on policy the gradient of TB is twice that of KL with log Z at %s', async (_, logZ) => {
  const given = treeOf(tree.inputs)
  const logR = await logRewards(given, T)
  const logPF = await logProbabilities(given, policy, mdp)
  const found = await expectedGradientOfTB(given, T, logZ, logPF)
  const wanted = gradientOfKL(
    logits,
    allCompletions(mdp),
    logPF,
    logR.map((r) => r - logSumExp(logR)),
  )
  expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.01)
  expect(Math.max(...found.map((x, i) => Math.abs(x - 2 * wanted[i])))).toBeLessThan(2e-6)
})

const LONG = tokenMDP({ terminator: TERMINATOR, maxLength: 3, minLength: 1 })
const minimum = record(tree.expected['min_len=1,T=1'])
// The empty string, first in the file, is not a completion here.
const longTarget = (minimum.target as readonly number[]).slice(1)

const expectAnchored = async (learner: Learner, within: number): Promise<void> => {
  expect(await distance(learner, longTarget, LONG)).toBeLessThan(within)
  expect(Math.min(...learner.trainable()['table'].data)).toBeGreaterThan(-20)
}

test('a minimum length: log Z is found by the anchor, no logit carries it', async () => {
  const learner = trainer(policy, { task: modifiedSubTB(LONG), learningRate: constant(0.05) })
  const batch = await weighted(allCompletions(LONG), reward, 1)
  for (let step = 0; step < 300; step++) await learner.update(batch)
  await expectAnchored(learner, 1e-4)
  expect((await learner.update(batch))['objective/logZ']).toBeCloseTo(minimum.logZ as number, 5)
})

test('a minimum length, on its own samples', async () => {
  await expectAnchored(await onPolicy(modifiedSubTB(LONG), LONG, 1), 1e-3)
})
