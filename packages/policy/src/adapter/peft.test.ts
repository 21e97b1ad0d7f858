import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scoreHead } from '../heads/score-head.ts'
import { parametersOf } from '../parameters-of.ts'
import { randomPolicy } from '../random-policy.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { saveAdapter } from '../save-pretrained.ts'
import { SMALL_GPT2, SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { dora, lora } from './lora.ts'
import { readPeft } from './peft.ts'

const llama = rightOf(
  randomPolicy(SMALL_LLAMA, {
    seed: 1,
    name: 'org/base',
    adapter: lora({ r: 2, alpha: 4, targets: ['q_proj', 'down_proj'] }),
  }),
)
const gpt2 = rightOf(randomPolicy(SMALL_GPT2, { seed: 1, adapter: dora({ r: 3, exclude: '.*\\.0\\.mlp\\.c_fc' }) }))

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
      alpha_pattern: {},
      auto_mapping: null,
      base_model_name_or_path: 'org/base',
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      layers_pattern: null,
      layers_to_transform: null,
      loftq_config: {},
      lora_alpha: 4,
      lora_dropout: 0,
      megatron_config: null,
      megatron_core: 'megatron.core',
      modules_to_save: null,
      peft_type: 'LORA',
      r: 2,
      rank_pattern: {},
      revision: null,
      target_modules: ['q_proj', 'down_proj'],
      task_type: 'CAUSAL_LM',
      use_dora: false,
      use_rslora: false,
    })
    expect(await configOf(await save(gpt2))).toMatchObject({
      fan_in_fan_out: true,
      use_dora: true,
      target_modules: ['c_attn', 'c_proj', 'c_fc'],
      exclude_modules: '.*\\.0\\.mlp\\.c_fc',
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
      // PEFT drops the name of the magnitude's module.
      'base_model.model.transformer.h.0.attn.c_attn.lora_magnitude_vector': [24],
    })
    expect(Object.keys(await shapes(gpt2)).filter((name) => name.includes('c_fc'))).toHaveLength(3)
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

  it('with every option comes back as it was', async () => {
    const adapter = lora({
      kind: 'dora',
      r: 2,
      alpha: 3,
      rslora: true,
      targets: ['q_proj', 'model.layers.1.mlp.up_proj'],
      exclude: ['up_proj.not'],
      layers: [0],
      rankPattern: { '^model.layers.1.mlp.up_proj': 4 },
      alphaPattern: { 'self_attn\\..*': 1.5 },
    })
    const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1, adapter }))
    expect(Object.keys(policy.trainable)).toEqual(
      ['model.layers.0.self_attn.q_proj', 'model.layers.1.mlp.up_proj'].flatMap((module) =>
        ['lora_A.weight', 'lora_B.weight', 'lora_magnitude_vector'].map((part) => `${module}.${part}`),
      ),
    )
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
    ['use_dora', { use_dora: 'yes' }],
    ['use_rslora', { use_rslora: 1 }],
    ['bias', { bias: 'all' }],
    ['modules_to_save', { modules_to_save: ['lm_head'] }],
    ['rank_pattern', { rank_pattern: { q_proj: 'four' } }],
    ['rank_pattern', { rank_pattern: { q_proj: 0 } }],
    ['rank_pattern', { rank_pattern: { '(q_proj': 2 } }],
    ['alpha_pattern', { alpha_pattern: ['q_proj'] }],
    ['r', { r: 0 }],
    ['r', { r: '8' }],
    ['lora_alpha', { lora_alpha: null }],
    ['target_modules', { target_modules: null }],
    ['target_modules', { target_modules: ['q_proj', 'c_attn'] }],
    ['target_modules', { target_modules: '.*(?P=proj)' }],
    ['target_modules', { target_modules: 'q_proj' }],
    ['exclude_modules', { exclude_modules: { q_proj: true } }],
    ['layers_to_transform', { layers_to_transform: [2] }],
    ['layers_to_transform', { target_modules: '.*(q_proj|down_proj)', layers_to_transform: 0 }],
    ['layers_pattern', { layers_pattern: 'blocks' }],
    // Its A and B belong to a base whose weights were changed.
    ['init_lora_weights', { init_lora_weights: 'pissa_niter_16' }],
    ['lora_bias', { lora_bias: true }],
    ['trainable_token_indices', { trainable_token_indices: [1] }],
    ['target_parameters', { target_parameters: ['experts.down_proj'] }],
    ['modules_to_save', { modules_to_save: ['score', 'embed_tokens'] }],
    ['modules_to_save', { modules_to_save: 'score' }],
    ['layer_replication', { layer_replication: [[0, 2]] }],
    // Fields of a PEFT to come, and one of JavaScript's own names.
    ['use_lava', { use_lava: true }],
    ['lava_config', { lava_config: { heat: 0 } }],
    ['lava_scale', { lava_scale: 0 }],
    ['constructor', { constructor: 'x' }],
  ])('is refused naming %s', async (field, fields) => {
    expect(leftOf(await change(fields))).toMatchObject({ _tag: 'AdapterInvalid', detail: { field } })
  })

  it('is read whatever it says of how it was made, and with fields unknown that are empty', async () => {
    const read = await change({
      peft_version: '0.21.0',
      lora_dropout: 0.1,
      base_model_name_or_path: 'elsewhere',
      revision: 'v2',
      auto_mapping: { base_model_class: 'LlamaForCausalLM' },
      task_type: null,
      megatron_core: 'megatron.core',
      qalora_group_size: 16,
      eva_config: { rho: 2 },
      use_lava: false,
      lava_config: {},
      lava_modules: [],
      lava: null,
      lava_name: '',
    })
    expect(rightOf(read)).toEqual({ adapter: llama.adapter, tensors: llama.trainable })
  })

  it('may have a pattern for targets, which matches whole paths', async () => {
    const read = rightOf(await change({ target_modules: '.*(q_proj|down_proj)' }))
    expect(read.adapter.targets).toBe('.*(q_proj|down_proj)')
    expect(read.tensors).toEqual(llama.trainable)
    expect(leftOf(await change({ target_modules: '.*self_attn.(q_proj|k_proj)' }))).toMatchObject({
      detail: { tensor: 'base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight' },
    })
  })

  it('is refused for magnitudes that are not there, and for some too many', async () => {
    const magnitude = 'q_proj.lora_magnitude_vector'
    expect(leftOf(await change({ use_dora: true })).message).toContain(`${magnitude}" is missing`)
    const directory = await save(gpt2)
    await writeFile(
      join(directory, 'adapter_config.json'),
      JSON.stringify({ ...(await configOf(directory)), use_dora: false }),
    )
    expect(leftOf(await readPeft(directory, gpt2.config)()).message).toContain('magnitude_vector" adapts no module')
  })

  it('may repeat the embedding and the head of its base, which must be this base', async () => {
    const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1, adapter: lora({ r: 2, targets: ['lm_head'] }) }))
    const directory = await save(policy)
    const path = join(directory, 'adapter_model.safetensors')
    const prefix = 'base_model.model.'
    const repeated = {
      ...rightOf(await readSafetensors(path)()),
      [`${prefix}lm_head.base_layer.weight`]: policy.constants['lm_head.weight']!,
      [`${prefix}model.embed_tokens.weight`]: policy.constants['model.embed_tokens.weight']!,
    }
    rightOf(await writeSafetensors(path, repeated)())
    const adapter = rightOf(await readPeft(directory, policy.config)())
    expect(adapter.tensors).toEqual(policy.trainable)
    const parameters = rightOf(parametersOf(policy.config, policy.constants, adapter))
    expect(parameters).toEqual({ constants: policy.constants, trainable: policy.trainable, adapter: policy.adapter })
    const other = rightOf(randomPolicy(SMALL_LLAMA, { seed: 2 }))
    const fault = leftOf(parametersOf(policy.config, other.constants, adapter))
    expect(fault.message).toContain("lm_head.weight of its own, which is not the model's")
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
    ).toContain(`tensor "${name}" is missing`)
    expect(
      (
        await write((t) => {
          t['extra'] = hostTensor(new Float32Array(1))
        })
      ).message,
    ).toContain('"extra" adapts no module')
  })

  it('is not written with the tensors of another', async () => {
    const other = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1, adapter: lora({ r: 3, targets: ['q_proj'] }) }))
    const fault = leftOf(await saveAdapter(llama, other.trainable, await freshDirectory())())
    expect(fault.message).toContain('is float32 [3, 12], the model needs float32 [2, 12]')
  })

  it('is refused when a policy has none', async () => {
    const bare = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1 }))
    expect(leftOf(await saveAdapter(bare, bare.trainable, await freshDirectory())())._tag).toBe('AdapterInvalid')
  })
})

describe('an adapter with the score head of a classifier', () => {
  const score = scoreHead(llama.config.hidden, 3)
  const saved = async (): Promise<string> => {
    const directory = await freshDirectory()
    rightOf(await saveAdapter(llama, llama.trainable, directory, { score })())
    return directory
  }

  it('has it whole where PEFT has it, and gives it back', async () => {
    const directory = await saved()
    expect(await configOf(directory)).toMatchObject({ modules_to_save: ['score'], task_type: 'SEQ_CLS' })
    const tensors = rightOf(await readSafetensors(join(directory, 'adapter_model.safetensors'))())
    expect(tensors['base_model.model.score.weight']!.shape).toEqual([3, 12])
    expect(rightOf(await readPeft(directory, llama.config)())).toEqual({
      adapter: llama.adapter,
      tensors: llama.trainable,
      score,
    })
  })

  it('may name the heads of other architectures, as PEFT does unasked', async () => {
    const directory = await saved()
    await writeFile(
      join(directory, 'adapter_config.json'),
      JSON.stringify({ ...(await configOf(directory)), modules_to_save: ['classifier', 'score'] }),
    )
    expect(rightOf(await readPeft(directory, llama.config)()).score).toEqual(score)
  })

  it('is refused where the head is missing, of another model, or there unsaid', async () => {
    const directory = await saved()
    const path = join(directory, 'adapter_model.safetensors')
    const tensors = rightOf(await readSafetensors(path)())
    const name = 'base_model.model.score.weight'
    const { [name]: _, ...without } = tensors
    const faultWith = async (changed: HostTensors, fields: Record<string, unknown> = {}) => {
      rightOf(await writeSafetensors(path, changed)())
      await writeFile(
        join(directory, 'adapter_config.json'),
        JSON.stringify({ ...(await configOf(directory)), ...fields }),
      )
      return leftOf(await readPeft(directory, llama.config)())
    }
    expect((await faultWith(without)).message).toContain(`"${name}" is missing`)
    const wide = { ...tensors, [name]: hostTensor(new Float32Array(39), [3, 13]) }
    expect((await faultWith(wide)).message).toContain('is float32 [3, 13], the model needs float32 [labels, 12]')
    expect((await faultWith(tensors, { modules_to_save: null })).message).toContain(`"${name}" adapts no module`)
    const fault = leftOf(await saveAdapter(llama, llama.trainable, directory, { score: scoreHead(7, 1) })())
    expect(fault.message).toContain('[1, 7], the model needs float32 [labels, 12]')
  })
})
