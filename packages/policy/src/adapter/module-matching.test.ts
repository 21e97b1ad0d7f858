import { describe, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { adaptedModules } from './adapted-modules.ts'
import { tryBounded } from './bounded-matching.ts'
import type { LoraConfig } from './lora-config.ts'

const LLAMA = rightOf(parseConfig(SMALL_LLAMA))
const ADAPTER: LoraConfig = { kind: 'lora', r: 2, alpha: 4, rslora: false, targets: ['q_proj'] }

// Each takes steps exponential in the length of a module's path, 2 ** 30 and more.
const ENDLESS = ['(.+)+!', '(([a-z._0-9])+)+!', '(.*)*x', '(?:.|\\w)*!']

describe('an expression that would not end', () => {
  it.each(ENDLESS)('is a fault of its field: %s', (expression) => {
    const fault = leftOf(adaptedModules(LLAMA, { ...ADAPTER, targets: expression }))
    expect(fault).toMatchObject({ _tag: 'AdapterInvalid', detail: { field: 'targets' } })
    expect(fault.message).toContain('does not end in 500 ms')
  })

  it.each<[keyof LoraConfig, Partial<LoraConfig>]>([
    ['exclude', { exclude: '(.+)+!' }],
    ['rankPattern', { rankPattern: { '(.+)+!': 4 } }],
    ['alphaPattern', { alphaPattern: { q_proj: 2, '(.+)+!': 4 } }],
  ])('is one of %s', (field, change) => {
    expect(leftOf(adaptedModules(LLAMA, { ...ADAPTER, ...change })).detail).toEqual({ field })
  })

  it('only where there is something to try it on', () => {
    expect(() => tryBounded([/^(a+)+$/u], [`${'a'.repeat(40)}!`])).toThrow('^(a+)+$ does not end in 500 ms')
    expect(() => tryBounded([/^(a+)+$/u], ['a'.repeat(40), 'b', ''])).not.toThrow()
    expect(() => tryBounded([], ['a'])).not.toThrow()
  })
})
