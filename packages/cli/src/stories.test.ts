import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Answer } from './sample/sample-texts.ts'
import type { TrainResult } from './run/train.ts'
import { runJson } from './testing/run-cli.ts'
import { freshDirectory, writeConfig } from './testing/tiny-model.ts'

const shared = process.env['GFNLM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url))
const model = join(shared, 'models', 'stories260K')

describe.skipIf(!existsSync(join(model, 'model.safetensors')))('stories260K, a real pretrained Llama', () => {
  test('scores a text as transformers does', async () => {
    const found: { readonly tokens: readonly number[]; readonly logprobs: readonly number[] } = await runJson(
      'score',
      '--model',
      model,
      '--text',
      'Once upon a time, Lily',
    )
    expect(found.tokens).toEqual([1, 403, 407, 261, 378, 432, 317])
    // transformers 4.x, fp32
    const expected = [-0.2437432, -0.0175127, -0.0121104, -0.0007238, -0.0317028, -10.1699582]
    found.logprobs.forEach((x, i) => expect(Math.abs(x - expected[i]!)).toBeLessThan(1e-4))
  })

  test('continues a story', async () => {
    const { completions }: Answer = await runJson(
      'sample',
      '--model',
      model,
      '--prompt',
      'Once upon a time',
      '-n',
      '4',
      '--stop',
      '.',
      '--seed',
      '1',
    )
    expect(completions.every(({ text }) => /^[ ,][ -~]+$/.test(text))).toBe(true)
  })

  test('is fine-tuned towards likelier sentences by the same command', async () => {
    const config = await writeConfig(
      {
        model,
        prompts: 'prompts.jsonl',
        mdp: { stop: '.', maxNewTokens: 12, minNewTokens: 1 },
        reward: { kind: 'likelihood', temperature: 0.8 },
        optimizer: { learningRate: 0.003, clipNorm: 1 },
        steps: 16,
        promptsPerStep: 2,
        sampling: { perPrompt: 16 },
      },
      [{ prompt: 'Once upon a time' }, { prompt: 'One day, a girl' }],
    )
    const { before, after }: TrainResult = await runJson('train', config, '--output', await freshDirectory())
    expect(after!['log_reward']!).toBeGreaterThan(before!['log_reward']!)
    expect(after!['log_ratio_variance']!).toBeLessThan(before!['log_ratio_variance']!)
  })
})
