import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { adaptedModules, loraScaleOf } from './adapted-modules.ts'
import { parsePeftConfig, peftConfig } from './peft-config.ts'

const LLAMA = rightOf(parseConfig(SMALL_LLAMA))
const GOOD = peftConfig({ kind: 'lora', r: 2, alpha: 4, rslora: false, targets: ['q_proj'] }, 'base', false)

it('whatever a field of adapter_config.json holds, it is read or refused, and what is read has finite scales', () => {
  const field = fc.constantFrom(
    ...Object.keys(GOOD),
    'exclude_modules',
    'lora_bias',
    'layer_replication',
    'ensure_weight_tying',
  )
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constant(undefined),
    fc.constantFrom('all-linear', '.*', '(', '', 1e300, -1, 0.5, 2 ** 53),
    fc.array(fc.constantFrom('q_proj', 'up_proj', 0, 1, 7)),
    fc.dictionary(fc.constantFrom('q_proj', '.*', '['), fc.oneof(fc.double(), fc.integer())),
  )
  let read = 0
  fc.assert(
    fc.property(field, value, (name, given) => {
      const adapter = parsePeftConfig('adapter_config.json', { ...GOOD, [name]: given }, LLAMA)
      if (E.isLeft(adapter)) {
        expect(adapter.left).toMatchObject({ _tag: 'AdapterInvalid', detail: { field: name } })
        return
      }
      const modules = adaptedModules(LLAMA, adapter.right)
      if (E.isLeft(modules)) {
        expect(modules.left._tag).toBe('AdapterInvalid')
        return
      }
      read++
      const scale = loraScaleOf(adapter.right)
      for (const { module, r } of modules.right) {
        expect(Number.isSafeInteger(r) && r >= 1).toBe(true)
        expect(Number.isFinite(scale(module.name))).toBe(true)
      }
    }),
    { numRuns: 2000 },
  )
  expect(read).toBeGreaterThan(100)
})

const LONG = 'x'.repeat(5_000_000)

it.each<[string, object]>([
  ['bias', { bias: LONG }],
  ['target_modules', { target_modules: { [LONG]: LONG } }],
  ['target_modules', { target_modules: [LONG] }],
  ['target_modules', { target_modules: ['q_proj', ...Array.from({ length: 1e5 }, (_, i) => `module${i}`)] }],
  ['target_modules', { target_modules: `(${LONG}` }],
  ['exclude_modules', { exclude_modules: `[${LONG}` }],
  ['rank_pattern', { rank_pattern: { [LONG]: 0.5 } }],
  ['alpha_pattern', { alpha_pattern: { [`(${LONG}`]: 1 } }],
  ['use_lava', { use_lava: LONG }],
  [LONG, { [LONG]: 1 }],
])('what is long in adapter_config.json is not all in the message', (_, fields) => {
  const modules = pipe(
    parsePeftConfig('adapter_config.json', { ...GOOD, ...fields }, LLAMA),
    E.chain((adapter) => adaptedModules(LLAMA, adapter)),
  )
  const { message } = leftOf(modules)
  expect(message.length).toBeLessThan(500)
  expect(message).toContain('…')
})

it('the reason why an expression is none is in the message, however long it is', () => {
  for (const expression of ['(q_proj', `(${LONG}`]) {
    const adapter = rightOf(parsePeftConfig('adapter_config.json', { ...GOOD, target_modules: expression }, LLAMA))
    expect(leftOf(adaptedModules(LLAMA, adapter)).message).toContain('Unterminated group')
  }
})

// PEFT 0.21: MiCA starts B at the minor components of the weight and A at 0, and changes no weight of the base.
it.each([{ init_lora_weights: 'mica' }, { ensure_weight_tying: true }])(
  '%o changes nothing of what is computed',
  (fields) => {
    const read = (json: object) => parsePeftConfig('adapter_config.json', { ...GOOD, ...json }, LLAMA)
    expect(read(fields)).toEqual(read({}))
  },
)

it('modules whose weights are tied are not adapted, whatever is asked for', () => {
  const tied = rightOf(parseConfig({ ...SMALL_LLAMA, tie_word_embeddings: true }))
  for (const target of ['embed_tokens', 'lm_head']) {
    const json = { ...GOOD, ensure_weight_tying: true, target_modules: ['q_proj', target] }
    const adapter = rightOf(parsePeftConfig('adapter_config.json', json, tied))
    expect(leftOf(adaptedModules(tied, adapter))).toMatchObject({ detail: { field: 'targets', unknown: [target] } })
  }
})
