import { expect, test } from 'vitest'
import { optionsOf } from './options-of.ts'

const losses = await import('./index.ts')

/** By an option that each has: all that take options and no other argument. */
const TAKEN: Readonly<Record<string, readonly (keyof typeof losses)[]>> = {
  beta: [
    'aStarPo',
    'alphaPo',
    'aot',
    'aotUnpaired',
    'apoDown',
    'apoZero',
    'apoZeroUnpaired',
    'bco',
    'bcoPair',
    'bnpo',
    'cispo',
    'conservativeDpo',
    'cpo',
    'dapo',
    'discoPop',
    'dpo',
    'dpoPerToken',
    'entropicPPO',
    'exo',
    'fDpo',
    'flowRL',
    'generalisedKnowledgeDistillation',
    'gmpo',
    'grpo',
    'gspo',
    'gspoToken',
    'hinge',
    'ipo',
    'ipoPerToken',
    'kto',
    'luspo',
    'nashMd',
    'nca',
    'ncaUnpaired',
    'orpo',
    'ppoPolicy',
    'referenceFreeDpo',
    'reinforce',
    'relativeLogPartitionVariance',
    'relativeTrajectoryBalance',
    'rloo',
    'robustDpo',
    'sapo',
    'simPo',
    'sppo',
    'sppoHard',
    'tpo',
    'tpoPerToken',
    'trajectoryBalanceWithAsynchrony',
    'vespo',
  ],
  lambda: [
    'modifiedSubTrajectoryBalance',
    'softAdvantages',
    'softPolicyGradient',
    'spin',
    'spinPerToken',
    'subTrajectoryBalance',
  ],
  regression: [
    'contrastiveTrajectoryBalance',
    'detailedBalance',
    'forwardLookingDetailedBalance',
    'logPartitionVariance',
    'modifiedDetailedBalance',
    'rewardRegression',
    'trajectoryBalance',
  ],
  sharing: [
    'clippedValueLoss',
    'crossEntropy',
    'dynamicFineTuning',
    'processReward',
    'sampledReverseKL',
    'squaredValueLoss',
  ],
  alpha: ['trustPCL', 'xpo'],
  centring: ['bradleyTerry', 'twoLogitBradleyTerry'],
  margin: ['slic'],
  target: ['adaptiveEntropy'],
}

const CASES = Object.entries(TAKEN).flatMap(([option, names]) => names.map((name) => [name, option] as const))

test.each(CASES)('%s says of an option that it has not which there are, and which was meant', (name, option) => {
  const loss = losses[name] as unknown as (options: object) => unknown
  const wrong = `${option}${option.at(-1)}`
  expect(() => loss({ [wrong]: 0.5 })).toThrow(RangeError)
  expect(() => loss({ [wrong]: 0.5 })).toThrow(
    new RegExp(`^${name}: there is no option ${wrong}, only .*${option}.*\\. Did you mean ${option}\\?$`),
  )
  expect(() => loss({ [option]: undefined })).not.toThrow()
})

test('options beside other arguments are checked by name, too', () => {
  const said = 'there is no option epsilom, only scale, epsilon, deviation. Did you mean epsilon?'
  expect(() => losses.groupAdvantages([1], [0], { epsilom: 1 } as object)).toThrow(`groupAdvantages: ${said}`)
  const rules = { minlength: 3 } as object
  expect(() => losses.missingStop([1], [1], [2], rules)).toThrow('missingStop: there is no option minlength')
  expect(() => losses.missingStopTorchtune([1], [0], rules)).toThrow('Did you mean minLength?')
  const tooMany = { maxLength: 8, normalise: true } as { maxLength: number }
  expect(() => losses.drGRPO(tooMany)).toThrow(
    /^drGRPO: there is no option normalise, only epsilon, epsilonHigh, delta, maxLength, beta, .*sharing$/,
  )
})

test('what is left out has its default, what is given stays', () => {
  const defaults = { a: 1, b: 2 }
  expect(optionsOf<{ a?: number; b?: number }>('f', { a: 0 }, defaults)).toEqual({ a: 0, b: 2 })
  expect(optionsOf<object>('f', { a: undefined, b: null }, defaults)).toEqual({ a: 1, b: null })
})
