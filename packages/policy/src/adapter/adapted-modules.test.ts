import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { SMALL_GPT2, SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { adaptedModules, allLinear, loraScaleOf } from './adapted-modules.ts'
import type { LoraConfig } from './lora-config.ts'

const LLAMA = rightOf(parseConfig(SMALL_LLAMA))
const GPT2 = rightOf(parseConfig(SMALL_GPT2))

const config = (fields: Partial<LoraConfig>): LoraConfig => ({
  kind: 'lora',
  r: 2,
  alpha: 8,
  rslora: false,
  targets: ['q_proj'],
  ...fields,
})
const chosen = (fields: Partial<LoraConfig>, model = LLAMA): string[] =>
  rightOf(adaptedModules(model, config(fields))).map(({ module }) =>
    module.name.replace(/^(model\.layers|transformer\.h)\./, ''),
  )

// Expected by PEFT 0.20's check_target_module_exists (re.fullmatch for a string, exact or `.`-suffix for a list), by hand.
describe('modules are selected as PEFT selects them:', () => {
  it.each<[string, Partial<LoraConfig>, string[]]>([
    ['by suffix', { targets: ['q_proj'] }, ['0.self_attn.q_proj', '1.self_attn.q_proj']],
    ['by a suffix of several parts', { targets: ['1.self_attn.q_proj'] }, ['1.self_attn.q_proj']],
    ['by a whole path', { targets: ['model.layers.0.mlp.up_proj'] }, ['0.mlp.up_proj']],
    ['the head by its name', { targets: ['lm_head'] }, ['lm_head']],
    [
      'by an expression for the whole path',
      { targets: '.*\\.0\\..*(q|v)_proj' },
      ['0.self_attn.q_proj', '0.self_attn.v_proj'],
    ],
    ['in layers', { targets: ['q_proj'], layers: [1] }, ['1.self_attn.q_proj']],
    [
      'in layers, and the head, whose name is its path',
      { targets: ['q_proj', 'lm_head'], layers: [1] },
      ['1.self_attn.q_proj', 'lm_head'],
    ],
    [
      'in layers, and by a whole path outside of them',
      { targets: ['q_proj', 'model.layers.0.mlp.up_proj'], layers: [1] },
      ['0.mlp.up_proj', '1.self_attn.q_proj'],
    ],
    [
      'but for a suffix',
      { targets: ['q_proj', 'k_proj'], exclude: ['0.self_attn.k_proj', 'q_proj'] },
      ['1.self_attn.k_proj'],
    ],
    ['but for an expression', { targets: ['q_proj'], exclude: 'model\\.layers\\.0.*' }, ['1.self_attn.q_proj']],
    [
      'but not for a part of one',
      { targets: ['q_proj'], exclude: 'layers\\.0' },
      ['0.self_attn.q_proj', '1.self_attn.q_proj'],
    ],
  ])('%s', (_, fields, expected) => {
    expect(chosen(fields)).toEqual(expected)
  })

  it('all-linear without the head', () => {
    expect(allLinear(LLAMA)).toEqual(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'])
    expect(allLinear(GPT2)).toEqual(['c_attn', 'c_proj', 'c_fc'])
    expect(chosen({ targets: allLinear(GPT2), layers: [0] }, GPT2)).toEqual([
      '0.attn.c_attn',
      '0.attn.c_proj',
      '0.mlp.c_fc',
      '0.mlp.c_proj',
    ])
  })
})

it.each<[keyof LoraConfig, Partial<LoraConfig>, string]>([
  [
    'targets',
    { targets: ['q_proj', 'c_attn'] },
    'no linear module c_attn. Adapt some of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head',
  ],
  ['targets', { targets: ['embed_tokens'] }, 'no linear module embed_tokens'],
  ['targets', { targets: [] }, 'no targets'],
  ['targets', { targets: '.*embed_tokens|.*q_proj' }, 'model.embed_tokens is no linear module'],
  ['targets', { targets: 'q_proj' }, 'adapts no module'],
  ['targets', { targets: ['q_proj'], exclude: ['q_proj'] }, 'adapts no module'],
  ['targets', { targets: '(q_proj' }, 'targets: Invalid regular expression'],
  ['exclude', { exclude: '*' }, 'exclude: Invalid regular expression'],
  ['layers', { layers: [0, 2] }, 'no layer 2. Its layers are 0 to 1'],
  ['layers', { layers: [0], targets: '.*q_proj' }, 'beside a pattern'],
  ['r', { r: 0 }, 'an adapter cannot have r = 0'],
  ['r', { r: 1.5 }, 'r = 1.5'],
  ['alpha', { alpha: NaN }, 'alpha = NaN'],
  ['rankPattern', { rankPattern: { q_proj: -1 } }, 'q_proj cannot have r = -1'],
  ['alphaPattern', { alphaPattern: { q_proj: Infinity } }, 'q_proj cannot have alpha = Infinity'],
  ['alphaPattern', { alphaPattern: { '[': 1 } }, 'Invalid regular expression'],
])('a wrong %s is a fault that names it (%j)', (field, fields, message) => {
  const fault = leftOf(adaptedModules(LLAMA, config(fields)))
  expect(fault).toMatchObject({ _tag: 'AdapterInvalid', detail: { field } })
  expect(fault.message).toContain(message)
})

describe('the scale of a module', () => {
  it('is alpha / r, or alpha / √r under rank stabilisation', () => {
    expect(loraScaleOf(config({ r: 4 }))('q_proj')).toBe(2)
    expect(loraScaleOf(config({ r: 4, rslora: true }))('q_proj')).toBe(4)
    expect(loraScaleOf(undefined)('q_proj')).toBe(1)
  })

  // PEFT's get_pattern_key: re.match(rf"(.*\.)?({key})$", path), the first key that matches.
  it('has the rank and alpha of the first pattern that matches the end of its path after a dot', () => {
    const scale = loraScaleOf(
      config({
        r: 2,
        alpha: 2,
        rankPattern: { 'layers.0.*': 8, q_proj: 4 },
        alphaPattern: { '^a.*proj': 16, proj: 9 },
      }),
    )
    expect(scale('model.layers.0.q_proj')).toBe(2 / 8)
    expect(scale('model.layers.1.q_proj')).toBe(2 / 4)
    expect(scale('a.q_proj')).toBe(16 / 4)
    expect(scale('a.b.proj')).toBe(16 / 2)
    expect(scale('b.proj')).toBe(9 / 2)
    expect(scale('b.xproj')).toBe(2 / 2)
  })

  it('is there for every module that is adapted', () => {
    expect(E.isRight(adaptedModules(LLAMA, config({ rankPattern: { nothing: 3 } })))).toBe(true)
  })
})
