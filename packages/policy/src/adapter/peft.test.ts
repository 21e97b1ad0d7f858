import { hostTensor } from '@gfnlm/jit'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomPolicy } from '../random-policy.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { saveAdapter } from '../save-pretrained.ts'
import { SMALL_GPT2, SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { lora } from './lora.ts'
import { readPeft } from './peft.ts'

const llama = rightOf(
  randomPolicy(SMALL_LLAMA, {
    seed: 1,
    name: 'org/base',
    adapter: lora({ r: 2, alpha: 4, targets: ['q_proj', 'down_proj'] }),
  }),
)
const gpt2 = rightOf(randomPolicy(SMALL_GPT2, { seed: 1, adapter: lora({ r: 3 }) }))

const save = async (policy: typeof llama): Promise<string> => {
  const directory = await freshDirectory()
  rightOf(await saveAdapter(policy, policy.trainable, directory)())
  return directory
}
const configOf = async (directory: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(directory, 'adapter_config.json'), 'utf8')) as Record<string, unknown>

describe('a saved adapter', () => {
  // PEFT developer guide, "PEFT checkpoint format": names, orientation and the fields its readers need.
  it('has the configuration that PEFT, vLLM and SGLang read', async () => {
    expect(await configOf(await save(llama))).toEqual({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: 'org/base',
      r: 2,
      lora_alpha: 4,
      lora_dropout: 0,
      bias: 'none',
      target_modules: ['q_proj', 'down_proj'],
      modules_to_save: null,
      use_rslora: false,
      use_dora: false,
      fan_in_fan_out: false,
      inference_mode: true,
    })
    expect(await configOf(await save(gpt2))).toMatchObject({
      fan_in_fan_out: true,
      target_modules: ['c_attn', 'c_proj', 'c_fc'],
    })
  })

  it('has PEFT names, A as [r, in] and B as [out, r]', async () => {
    const shapes = async (policy: typeof llama) =>
      Object.fromEntries(
        Object.entries(rightOf(await readSafetensors(join(await save(policy), 'adapter_model.safetensors'))())).map(
          ([name, { shape }]) => [name, shape],
        ),
      )
    const prefix = 'base_model.model.model.layers'
    expect(await shapes(llama)).toEqual({
      [`${prefix}.0.self_attn.q_proj.lora_A.weight`]: [2, 12],
      [`${prefix}.0.self_attn.q_proj.lora_B.weight`]: [24, 2],
      [`${prefix}.0.mlp.down_proj.lora_A.weight`]: [2, 10],
      [`${prefix}.0.mlp.down_proj.lora_B.weight`]: [12, 2],
      [`${prefix}.1.self_attn.q_proj.lora_A.weight`]: [2, 12],
      [`${prefix}.1.self_attn.q_proj.lora_B.weight`]: [24, 2],
      [`${prefix}.1.mlp.down_proj.lora_A.weight`]: [2, 10],
      [`${prefix}.1.mlp.down_proj.lora_B.weight`]: [12, 2],
    })
    // One A is shared by queries, keys and values.
    expect(await shapes(gpt2)).toMatchObject({
      'base_model.model.transformer.h.0.attn.c_attn.lora_A.weight': [3, 8],
      'base_model.model.transformer.h.0.attn.c_attn.lora_B.weight': [24, 3],
    })
  })

  it.each([
    ['llama', llama],
    ['gpt2', gpt2],
  ])('of %s comes back as it was', async (_, policy) => {
    expect(rightOf(await readPeft(await save(policy), policy.config)())).toEqual({
      adapter: policy.adapter,
      tensors: policy.trainable,
    })
  })

  it('is the same bytes every time, and leaves out what is no adapter', async () => {
    const other = await freshDirectory()
    rightOf(await saveAdapter(llama, { ...llama.trainable, log_z: hostTensor(Float32Array.of(1)) }, other)())
    const file = 'adapter_model.safetensors'
    expect(await readFile(join(other, file))).toEqual(await readFile(join(await save(llama), file)))
  })
})

describe('an adapter that does not fit', () => {
  const change = async (fields: Record<string, unknown>) => {
    const directory = await save(llama)
    await writeFile(
      join(directory, 'adapter_config.json'),
      JSON.stringify({ ...(await configOf(directory)), ...fields }),
    )
    return readPeft(directory, llama.config)()
  }

  it.each([
    ['peft_type', { peft_type: 'IA3' }],
    ['use_dora', { use_dora: true }],
    ['bias', { bias: 'all' }],
    ['modules_to_save', { modules_to_save: ['lm_head'] }],
    ['rank_pattern', { rank_pattern: { q_proj: 4 } }],
    ['r', { r: 0 }],
    ['lora_alpha', { lora_alpha: null }],
    ['target_modules', { target_modules: null }],
  ])('is refused naming %s', async (field, fields) => {
    expect(leftOf(await change(fields))).toMatchObject({ _tag: 'AdapterInvalid', detail: { field } })
  })

  it('may have a pattern for targets: its tensors tell', async () => {
    const read = rightOf(await change({ target_modules: '.*(q_proj|down_proj)' }))
    expect(read.adapter.targets).toEqual(['q_proj', 'down_proj'])
    expect(read.tensors).toEqual(llama.trainable)
  })

  it('is refused for a tensor of another shape, one too few and one too many', async () => {
    const name = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight'
    const write = async (edit: (tensors: Record<string, ReturnType<typeof hostTensor>>) => void) => {
      const directory = await save(llama)
      const path = join(directory, 'adapter_model.safetensors')
      const tensors = rightOf(await readSafetensors(path)())
      edit(tensors)
      rightOf(await writeSafetensors(path, tensors)())
      return leftOf(await readPeft(directory, llama.config)())
    }
    expect(
      (
        await write((t) => {
          t[name] = hostTensor(new Float32Array(22), [2, 11])
        })
      ).message,
    ).toContain('[2, 11], the model needs float32 [2, 12]')
    expect(
      (
        await write((t) => {
          delete t[name]
        })
      ).message,
    ).toContain(`no tensor "${name}"`)
    expect(
      (
        await write((t) => {
          t['extra'] = hostTensor(new Float32Array(1))
        })
      ).message,
    ).toContain('"extra" adapts no module')
  })

  it('is refused when a policy has none', async () => {
    const bare = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1 }))
    expect(leftOf(await saveAdapter(bare, bare.trainable, await freshDirectory())())._tag).toBe('AdapterInvalid')
  })
})
