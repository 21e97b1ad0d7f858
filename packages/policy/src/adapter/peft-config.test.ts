import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { SMALL_LLAMA, rightOf } from '../testing/small-models.ts'
import { adaptedModules, loraScaleOf } from './adapted-modules.ts'
import { parsePeftConfig, peftConfig } from './peft-config.ts'

const LLAMA = rightOf(parseConfig(SMALL_LLAMA))
const GOOD = peftConfig({ kind: 'lora', r: 2, alpha: 4, rslora: false, targets: ['q_proj'] }, 'base', false)

it('whatever a field of adapter_config.json holds, it is read or refused, and what is read has finite scales', () => {
  const field = fc.constantFrom(...Object.keys(GOOD), 'exclude_modules', 'lora_bias', 'layer_replication')
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
