import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonBounds, jsonFlaw } from './json-flaw.ts'

const bounds: JsonBounds = { depth: 4, values: 12, names: 5, name: 6, unique: true }
const wide: JsonBounds = { depth: Infinity, values: Infinity, names: Infinity, name: Infinity, unique: true }

describe('a JSON text', () => {
  it.each([
    ['[[[[[1]]]]]', 'depth'],
    ['{"a":{"a":{"a":{"a":{"a":1}}}}}', 'depth'],
    ['['.repeat(1e6), 'depth'],
    ['[1,2,3,4,5,6,7,8,9,10,11,12,13]', 'values'],
    ['[[1,2,3,4,5],[6,7,8,9],[10,11]]', 'values'],
    ['{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}', 'names'],
    ['{"longest":1}', 'name'],
    [`{"${'x'.repeat(1e6)}`, 'name'],
  ])('%.40s… breaks the bound of its %s', (json, breaks) => expect(jsonFlaw(json, bounds)).toEqual({ breaks }))

  it.each([
    '[[[[1]]]]',
    '[1,2,3,4,5,6,7,8,9,10,11]',
    '{"a":1,"b":[{"a":1},{"a":1}],"c":{"b":1}}',
    '{"a":"longer than a name","b":"[[[[[[{{{{"}',
    '{"a":"\\"a\\":1,\\\\","b":"a","c":"a"}',
    '["a","a","a"]',
    '{}',
    '"a"',
    '',
  ])('%s does not', (json) => expect(jsonFlaw(json, bounds)).toBeUndefined())

  it.each([
    ['{"a":1,"a":2}', ['a']],
    [`{"a"${' '.repeat(99)}:1 ,\n\t"a"${' '.repeat(99)}:2}`, ['a']],
    ['{"a":{"b":1,"c":[{"d":1},{"d":1}],"b":2}}', ['a', 'b']],
    ['{"a":{"c":[{},{"d":1,"d":1}]}}', ['a', 'c', '', 'd']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"a\\n":1,"\\u0061\\u000a":2}', ['a\n']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"":1,"":2}', ['']],
    [`{"x":"${'\\n'.repeat(6e6)}","a":1,"a":1}`, ['a']],
  ])('%.60s has a name twice', (json, path) => {
    expect(jsonFlaw(json, wide)).toEqual({ breaks: 'unique', path })
    expect(jsonFlaw(json, { ...wide, unique: false })).toBeUndefined()
  })

  it('that JSON.stringify wrote has its depth, its number of values, and no name twice', () => {
    const size = (value: unknown): { depth: number; values: number } => {
      if (typeof value !== 'object' || value === null) return { depth: 0, values: 0 }
      const inner = Object.values(value).map(size)
      return {
        depth: 1 + inner.reduce((most, { depth }) => Math.max(most, depth), 0),
        // An object or a list without values counts as having one.
        values: Math.max(1, inner.length) + inner.reduce((sum, { values }) => sum + values, 0),
      }
    }
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, stringUnit: 'binary' }), (json) => {
        const { depth, values } = size(JSON.parse(json))
        const exact = { ...wide, depth, values }
        expect(jsonFlaw(json, exact)).toBeUndefined()
        if (depth > 0) {
          expect(jsonFlaw(json, { ...exact, depth: depth - 1 })).toEqual({ breaks: 'depth' })
          expect(jsonFlaw(json, { ...exact, values: values - 1 })).toEqual({ breaks: 'values' })
        }
      }),
    )
  })

  it('with one more member of a name that it has is told from the rest, wherever that is', () => {
    const name = fc.string({ maxLength: 3, unit: 'binary' })
    const member = fc.tuple(name, fc.json({ maxDepth: 2 }))
    const unique = fc.uniqueArray(member, { selector: ([key]) => key, minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(
        unique,
        fc.nat(),
        fc.array(fc.constantFrom('{"o":', '[', '[{},'), { maxLength: 3 }),
        (all, at, open) => {
          const again = all[at % all.length]![0]
          const object = (members: typeof all): string =>
            `{${members.map(([key, json]) => `${JSON.stringify(key)} : ${json}`).join(' , ')}}`
          const close = open.map((bracket) => (bracket.startsWith('{') ? '}' : ']')).toReversed()
          const inside = (json: string): string => open.join('') + json + close.join('')
          expect(jsonFlaw(inside(object(all)), wide)).toBeUndefined()
          const path = [...open.map((bracket) => (bracket.startsWith('{') ? 'o' : '')), again]
          expect(jsonFlaw(inside(object([...all, [again, '0']])), wide)).toEqual({ breaks: 'unique', path })
        },
      ),
    )
  })
})
