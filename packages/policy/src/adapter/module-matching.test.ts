import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../architectures/architectures.ts'
import { SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { adaptedModules } from './adapted-modules.ts'
import { tryBounded } from './bounded-matching.ts'
import type { LoraConfig } from './lora-config.ts'
import { selects, valueFor } from './module-matching.ts'

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

describe("an expression of Python's", () => {
  const PATHS = ['model.layers.0.self_attn.q_proj', 'model.layers.1.self_attn.v_proj', 'lm_head', 'lm-head', 'a[P?']

  // What Python 3.11's re.fullmatch finds of them.
  it.each<[string, readonly number[]]>([
    ['(?i).*(q|v)_proj', [0, 1]],
    ['(?i).*\\.Q_PROJ', [0]],
    ['(?i)LM\\-HEAD', [3]],
    ['.*\\.Q_PROJ', []],
    ['.*(?P<part>[qv])_proj', [0, 1]],
    ['model\\.layers\\.(?P<layer>\\d+)\\.(?P<block>.*)\\.q\\_proj', [0]],
    ['lm\\-head', [3]],
    ['lm[\\-\\_]head', [2, 3]],
    ['lm[+\\-a]head', [3]],
    ['lm[\\_-a]head', [2]],
    ['(?:lm\\\\-head|lm_head)', [2]],
    // Not a group: a set of characters, and an escaped parenthesis.
    ['a\\[[(?P<]\\?', [4]],
    ['a\\[P\\?|\\(?P<', [4]],
  ])('is read as Python reads it: %s', (expression, selected) => {
    expect(PATHS.flatMap((path, i) => (selects(expression)(path) ? [i] : []))).toEqual(selected)
  })

  it('names ranks by the end of a path, too', () => {
    const rank = valueFor({ 'lm\\-head': 4, '(?P<part>[qv])_proj': 8 })
    expect(PATHS.map(rank)).toEqual([8, 8, undefined, 4, undefined])
  })

  it('matches what re.escape wrote it of, and nothing else', () => {
    const escape = (text: string): string => text.replace(/[\t\n\v\f\r #$&()*+\-.?[\\\]^{|}~]/g, '\\$&')
    const ascii = fc.string({ unit: 'binary-ascii', minLength: 1 })
    fc.assert(
      fc.property(ascii, ascii, (text, other) => {
        expect(selects(escape(text))(text)).toBe(true)
        expect(selects(escape(text))(other)).toBe(other === text)
      }),
    )
  })

  // Flags within, where Python 3.11 refuses them, and what JavaScript has no word for.
  it.each(['.*(?i)q_proj', '(?i', '(?P<q_proj', '(?P=part)', '.*q_proj\\Z', '\\q_proj'])(
    'may be none: %s',
    (expression) => {
      expect(leftOf(adaptedModules(LLAMA, { ...ADAPTER, targets: expression }))).toMatchObject({
        detail: { field: 'targets' },
        message: expect.stringContaining('Invalid regular expression'),
      })
      expect(leftOf(adaptedModules(LLAMA, { ...ADAPTER, rankPattern: { '(?i)q_proj': 2 } })).detail).toEqual({
        field: 'rankPattern',
      })
    },
  )

  it.each(['[', '\\', '(?P<', '[\\'])('is read in one pass, however long it is: %s', (part) => {
    expect(() => selects(part.repeat(200_001))).toThrow('Invalid regular expression')
  })
})
