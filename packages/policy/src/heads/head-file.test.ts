import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lora } from '../adapter/lora.ts'
import { readPeft } from '../adapter/peft.ts'
import { randomPolicy } from '../random-policy.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { saveAdapter } from '../save-pretrained.ts'
import { SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { readHead, saveHead } from './head-file.ts'
import { scoreHead } from './score-head.ts'
import { valueHead } from './value-head.ts'

const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1, adapter: lora({ r: 2 }) }))
const { hidden } = policy.config

it('heads lie beside an adapter, which reads as before, and come back as they were', async () => {
  const directory = await freshDirectory()
  const [value, score] = [valueHead(hidden), scoreHead(hidden, 3)]
  rightOf(await saveAdapter(policy, policy.trainable, directory)())
  rightOf(await saveHead('value', { ...value, log_z: hostTensor(Float32Array.of(1)) }, directory, hidden)())
  rightOf(await saveHead('score', score, directory, hidden)())
  expect((await readdir(directory)).toSorted()).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
    'score_head.safetensors',
    'value_head.safetensors',
  ])
  expect(rightOf(await readPeft(directory, policy.config)()).tensors).toEqual(policy.trainable)
  expect(rightOf(await readHead('value', directory, hidden)())).toEqual(value)
  expect(rightOf(await readHead('score', directory, hidden)())).toEqual(score)
  // TRL's state dict of a value head.
  const tensors = rightOf(await readSafetensors(join(directory, 'value_head.safetensors'))())
  expect(Object.entries(tensors).map(([name, { shape }]) => [name, ...shape])).toEqual([
    ['v_head.summary.bias', 1],
    ['v_head.summary.weight', 1, hidden],
  ])
})

it.each<[string, HostTensors, string]>([
  [
    'of another model',
    scoreHead(hidden + 1, 2),
    `is float32 [2, ${hidden + 1}], the model needs float32 [2, ${hidden}]`,
  ],
  ['without its tensor', {}, '"score.weight" is missing'],
  ['with no label', { 'score.weight': hostTensor(new Float32Array(0), [0, hidden]) }, `needs float32 [1, ${hidden}]`],
])('a head %s is a fault that names the tensor', async (_, tensors, message) => {
  const directory = await freshDirectory()
  rightOf(await writeSafetensors(join(directory, 'score_head.safetensors'), tensors)())
  expect(leftOf(await readHead('score', directory, hidden)())).toMatchObject({
    _tag: 'WeightsShape',
    message: expect.stringContaining(message) as string,
  })
  expect(leftOf(await saveHead('score', tensors, directory, hidden)())._tag).toBe('WeightsShape')
})

it('a head that is not there is a fault', async () => {
  expect(leftOf(await readHead('value', await freshDirectory(), hidden)())._tag).toBe('WeightsMissing')
})
