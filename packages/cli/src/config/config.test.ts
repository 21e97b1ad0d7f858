import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import type { Config } from './config.ts'
import { parseConfig, readConfig } from './read-config.ts'

const MINIMAL = { model: 'm', prompts: 'p.jsonl' }
const good = (given: object): Config => {
  const config = parseConfig('c.yaml', { ...MINIMAL, ...given })
  if (E.isLeft(config)) throw config.left
  return config.right
}
const file = async (name: string, text: string): Promise<string> => {
  const path = join(await mkdtemp(join(tmpdir(), 'gfnlm-config-')), name)
  await writeFile(path, text)
  return path
}

test('a model and prompts are enough', () => {
  expect(good({})).toMatchObject({
    adapter: { r: 8, alpha: 16 },
    prompts: { file: 'p.jsonl', columns: { prompt: 'prompt', id: 'id' } },
    reward: { kind: 'likelihood', temperature: 1 },
    objective: { kind: 'modified-subtb', lambda: 1, weighting: 'pooled' },
    sampling: { perPrompt: 16, explore: [{ share: 1, temperature: 1 }] },
    replay: false,
    reweight: { by: [], outside: 'mask', reduction: 'mean' },
  })
})

test('an adapter is LoRA of every projection, or what its fields say', () => {
  expect(good({}).adapter).toEqual({ kind: 'lora', r: 8, alpha: 16, rslora: false })
  const given = {
    kind: 'dora',
    r: 4,
    alpha: 4,
    rslora: true,
    targets: '.*_proj',
    exclude: ['o_proj'],
    rankPattern: { q_proj: 8 },
    alphaPattern: { v_proj: 2 },
  }
  expect(good({ adapter: given }).adapter).toEqual(given)
  expect(good({ adapter: { targets: ['q_proj'], layers: [0, 3] } }).adapter).toMatchObject({
    targets: ['q_proj'],
    layers: [0, 3],
  })
})

test('a base is quantised where the file says so, in blocks of 32 unless it says more', () => {
  expect(good({}).quantize).toBeUndefined()
  expect(good({ quantize: 4 }).quantize).toEqual({ bits: 4, block: 32 })
  expect(good({ quantize: { bits: 8, block: 64 } }).quantize).toEqual({ bits: 8, block: 64 })
})

test('a short form is the kind of thing it names', () => {
  expect(good({ adapter: 'dora' }).adapter).toMatchObject({ kind: 'dora', r: 8, alpha: 16 })
  expect(good({ reward: 'infilling', objective: 'vargrad', optimizer: 'adamw' })).toMatchObject({
    reward: { kind: 'infilling', columns: { beginning: 'beginning', ending: 'ending' } },
    objective: { kind: 'vargrad' },
    optimizer: { kind: 'adamw', learningRate: 0.001 },
  })
})

test('an objective has the defaults of its reference implementation', () => {
  expect(good({ objective: 'ppo' }).objective).toEqual({
    kind: 'ppo',
    klCoefficient: 0.05,
    entropyBonus: 0,
    epsilon: 0.2,
    epochs: 4,
    minibatches: 1,
    gamma: 1,
    lambda: 0.95,
    clipRange: 0.2,
    valueCoefficient: 0.1,
    rateScale: 1,
  })
  expect(good({ objective: 'rloo' }).objective).toMatchObject({ klCoefficient: 0.05, epsilon: 0.2, epochs: 1 })
  expect(good({ objective: 'dr-grpo', sampling: { perPrompt: 2 } }).objective).toMatchObject({ beta: 0, epochs: 1 })
  expect(good({ objective: { kind: 'subtb', lambda: 0.5 } }).objective).toEqual({
    kind: 'subtb',
    lambda: 0.5,
    weighting: 'within',
    rateScale: 1,
  })
  expect(good({ objective: 'reinforce', sampling: { perPrompt: 1 } }).objective.kind).toBe('reinforce')
})

test('a weight is one estimator or the product of several, a ratio at most 3 unless the file says more', () => {
  expect(good({ reweight: 'importance-ratio' }).reweight).toEqual({
    by: [{ kind: 'importance-ratio', unknown: 1 }],
    max: 3,
    outside: 'mask',
    reduction: 'mean',
  })
  expect(
    good({ reweight: { by: ['prompt-balance', { kind: 'posterior-ratio' }], outside: 'truncate', min: 0.5 } }).reweight,
  ).toEqual({
    by: [{ kind: 'prompt-balance' }, { kind: 'posterior-ratio', unknown: 0 }],
    min: 0.5,
    outside: 'truncate',
    reduction: 'mean',
  })
  const written = good({ reweight: { by: ['length-normalised-ratio'] } }).reweight
  expect(good({ reweight: written }).reweight).toEqual(written)
})

test.each<[string, object, string, string]>([
  ['an unknown field', { objectiv: 'tb' }, 'objectiv is not a field', 'Did you mean objective?'],
  [
    'an unknown nested field',
    { optimizer: { learning_rate: 1 } },
    'optimizer.learning_rate is not a field',
    'Did you mean optimizer.learningRate?',
  ],
  ['bits that are not computed', { quantize: 3 }, 'quantize.bits is 3, not 4 or 8', 'Write 4 or 8'],
  [
    'an unknown field near nothing',
    { mdp: { colour: 1 } },
    'mdp.colour is not a field',
    'Fields here are stop, minNewTokens, maxNewTokens, allowed, forbidden',
  ],
  [
    'an unknown field of a variant',
    { reward: { kind: 'likelihood', columns: {} } },
    'reward.columns is not a field',
    'Fields here are kind, temperature',
  ],
  ['a missing model', { model: undefined }, 'model is missing', 'Add model: text'],
  ['a missing file of prompts', { prompts: {} }, 'prompts.file is missing', 'Add prompts.file: it has no default'],
  ['text for a number', { steps: 'ten' }, 'steps is "ten", not a whole number from 1', 'Write a whole number from 1'],
  [
    'a negative rate',
    { optimizer: { learningRate: -1 } },
    'optimizer.learningRate is -1, not a number above 0',
    'Write a number above 0',
  ],
  [
    'a number that is none',
    { optimizer: { learningRate: NaN } },
    'optimizer.learningRate is null, not a number above 0',
    'Write a number above 0',
  ],
  [
    'a moment that forgets nothing',
    { optimizer: { beta2: 1 } },
    'optimizer.beta2 is 1, not a number from 0 to below 1',
    'Write a number from 0 to below 1',
  ],
  [
    'an unknown kind of adapter',
    { adapter: { kind: 'ia3' } },
    'adapter.kind is "ia3", not one of lora, dora',
    'Write one of lora, dora',
  ],
  [
    'a number for targets',
    { adapter: { targets: 3 } },
    'adapter.targets is 3, not a list of module names, or one expression for whole paths',
    'Write a list of module names, or one expression for whole paths',
  ],
  [
    'a layer that is none',
    { adapter: { layers: [-1] } },
    'adapter.layers[0] is -1, not a whole number from 0',
    'Write a whole number from 0',
  ],
  [
    'a rank of 0 for a module',
    { adapter: { rankPattern: { q_proj: 0 } } },
    'adapter.rankPattern.q_proj is 0, not a whole number from 1',
    'Write a whole number from 1',
  ],
  ['an object for text', { model: { dir: 'm' } }, 'model is {"dir":"m"}, not text', 'Write text'],
  ['text for an object', { mdp: 'short' }, 'mdp is "short", not an object of fields', 'Write an object of fields'],
  [
    'an unknown kind of reward',
    { reward: 'judge' },
    'reward.kind is "judge", not one of likelihood, infilling',
    'Write one of likelihood, infilling',
  ],
  [
    'a reward without a kind',
    { reward: { temperature: 1 } },
    'reward.kind is missing',
    'Add reward.kind: one of likelihood, infilling',
  ],
  [
    'a temperature of 0',
    { reward: { kind: 'likelihood', temperature: 0 } },
    'reward.temperature is 0, not a number above 0',
    'Write a number above 0',
  ],
  [
    'an unfinished ramp',
    { reward: { kind: 'likelihood', temperature: { from: 1 } } },
    'reward.temperature.to is missing',
    'Add reward.temperature.to: it has no default',
  ],
  [
    'an unknown objective',
    { objective: { kind: 'dpo' } },
    'objective.kind is "dpo", not one of modified-subtb, modified-db, vargrad, tb, subtb, db, reinforce, rloo, grpo, dr-grpo, ppo',
    'Write one of modified-subtb, modified-db, vargrad, tb, subtb, db, reinforce, rloo, grpo, dr-grpo, ppo',
  ],
  [
    'a way to explore that is none',
    { sampling: { explore: [{ temperature: [1] }] } },
    'sampling.explore[0].temperature is [1], not a number from 0, or two: [lo, hi]',
    'Write a number from 0, or two: [lo, hi]',
  ],
  [
    'no way to explore',
    { sampling: { explore: [] } },
    'sampling.explore is [], not a list of ways to explore',
    'Write a list of ways to explore',
  ],
  [
    'an unknown device',
    { device: 'tpu' },
    'device is "tpu", not one of cpu, webgpu, cuda, tfjs:cpu, tfjs:wasm, tfjs:tensorflow',
    'Write one of cpu, webgpu, cuda, tfjs:cpu, tfjs:wasm, tfjs:tensorflow',
  ],
  [
    'an unknown weight',
    { reweight: 'importance' },
    'reweight.by[0].kind is "importance", not one of importance-ratio, length-normalised-ratio, self-normalised-ratio, posterior-ratio, staleness-decay, prompt-balance',
    'Write one of importance-ratio, length-normalised-ratio, self-normalised-ratio, posterior-ratio, staleness-decay, prompt-balance',
  ],
  [
    'a decay without a half-life',
    { replay: {}, reweight: { by: [{ kind: 'staleness-decay' }] } },
    'reweight.by[0].halfLife is missing',
    'Add reweight.by[0].halfLife: it has no default',
  ],
  [
    'a reduction that is none',
    { reweight: { reduction: 'sum' } },
    'reweight.reduction is "sum", not one of mean, self-normalised',
    'Write one of mean, self-normalised',
  ],
  [
    'limits the wrong way round',
    { reweight: { by: 'prompt-balance', min: 3, max: 2 } },
    'reweight.min is 3, more than reweight.max, 2',
    'Lower the one or raise the other',
  ],
  [
    'staleness of fresh completions',
    { reweight: { by: [{ kind: 'staleness-decay', halfLife: 5 }] } },
    'reweight.by has staleness-decay, which weighs replayed completions by their age, and replay is off',
    'Set replay, or leave it out',
  ],
  [
    'a comparison of single completions',
    { objective: 'tb', reweight: 'posterior-ratio', sampling: { perPrompt: 1 } },
    'reweight.by has posterior-ratio, which compares the completions of a prompt, and sampling.perPrompt is 1',
    'Write 2 or more there',
  ],
  [
    'a shortest completion above the longest',
    { mdp: { minNewTokens: 9, maxNewTokens: 8 } },
    'mdp.minNewTokens is 9, more than mdp.maxNewTokens, 8',
    'Lower the one or raise the other',
  ],
  [
    'one length under modified balance',
    { mdp: { minNewTokens: 8, maxNewTokens: 8 } },
    'objective modified-subtb compares states that may stop, and mdp lets completions stop at one length only',
    'Take vargrad or tb, or lower mdp.minNewTokens',
  ],
  [
    'VarGrad of single completions',
    { objective: 'vargrad', sampling: { perPrompt: 1 } },
    'sampling.perPrompt is 1, but log Z is estimated from the completions of each prompt',
    'Write 2 or more',
  ],
  [
    'RLOO of single completions',
    { objective: 'rloo', sampling: { perPrompt: 1 } },
    'sampling.perPrompt is 1, but objective rloo compares the completions of each prompt',
    'Write 2 or more',
  ],
  [
    'a policy gradient of older completions',
    { objective: 'ppo', replay: {} },
    "objective ppo learns from the policy's own completions, and replay adds older ones",
    'Set replay: false, or take an objective that learns from any: modified-subtb, vargrad, tb, subtb, db',
  ],
  [
    'more minibatches than prompts',
    { objective: { kind: 'grpo', minibatches: 5 } },
    'objective.minibatches is 5, and a step has 4 prompts, whose completions stay together',
    'Write 4 or less, or raise promptsPerStep',
  ],
  [
    'a clip of another objective',
    { objective: { kind: 'reinforce', epsilon: 0.2 } },
    'objective.epsilon is not a field',
    'Fields here are kind, klCoefficient, entropyBonus',
  ],
  [
    'an adaptive KL without a target',
    { objective: { kind: 'ppo', adaptive: {} } },
    'objective.adaptive.target is missing',
    'Add objective.adaptive.target: it has no default',
  ],
])('%s names the field, what was found and the fix', (_, change, found, fix) => {
  expect(parseConfig('c.yaml', { ...MINIMAL, ...change })).toMatchObject({
    left: { _tag: 'ConfigInvalid', message: `c.yaml: ${found}. ${fix}`, fix },
  })
})

test('everything wrong is told at once', () => {
  const found = parseConfig('c.yaml', { ...MINIMAL, steps: 0, seed: 'x' })
  expect(found).toMatchObject({ left: { detail: { issues: [{ path: 'steps' }, { path: 'seed' }] } } })
})

test.each([
  ['no file', async () => join(tmpdir(), 'gfnlm-no-such.yaml'), 'ConfigMissing'],
  ['a directory', async () => tmpdir(), 'ConfigUnreadable'],
  ['broken YAML', () => file('c.yaml', 'model: [a\nsteps: 3'), 'ConfigUnreadable'],
  ['broken JSON', () => file('c.json', '{"model": }'), 'ConfigUnreadable'],
  ['an empty file', () => file('c.yaml', ''), 'ConfigInvalid'],
  ['a list', () => file('c.yaml', '- model'), 'ConfigInvalid'],
])('%s is a tagged fault', async (_, path, tag) => {
  expect(readConfig(await path())).toMatchObject({ left: { _tag: tag } })
})

test('paths are relative to the file, a hub id stays one', async () => {
  const path = await file('c.yaml', 'model: organisation/name\nprompts: data/p.jsonl\noutput: ./out')
  const here = dirname(path)
  expect(readConfig(path)).toMatchObject({
    right: { model: 'organisation/name', prompts: { file: join(here, 'data/p.jsonl') }, output: join(here, 'out') },
  })
})

test('--set replaces fields before they are checked', async () => {
  const path = await file('c.yaml', 'model: m\nprompts: p.jsonl\nreward: likelihood\noptimizer: { warmup: 3 }')
  expect(
    readConfig(path, ['optimizer.learningRate=1e-4', 'reward.temperature=0.5', 'mdp.stop="."', 'replay={}']),
  ).toMatchObject({
    right: {
      optimizer: { learningRate: 1e-4, warmup: 3 },
      reward: { kind: 'likelihood', temperature: 0.5 },
      mdp: { stop: '.' },
      replay: { capacity: 50 },
    },
  })
  expect(readConfig(path, ['optimizer.rate=1'])).toMatchObject({ left: { _tag: 'ConfigInvalid' } })
  expect(readConfig(path, ['steps'])).toMatchObject({ left: { _tag: 'Usage' } })
})
