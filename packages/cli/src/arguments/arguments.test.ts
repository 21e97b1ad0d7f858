import { expect, test } from 'vitest'
import { closest } from './closest.ts'
import { parseArguments } from './parse-arguments.ts'

const options = {
  model: { type: 'text', value: 'DIR', about: '', required: true },
  prompt: { type: 'text', value: 'TEXT', about: '', many: true },
  n: { type: 'number', short: 'n', value: 'N', about: '', default: 1, whole: true, from: 1 },
  'top-p': { type: 'number', value: 'P', about: '', from: 0, to: 1 },
  json: { type: 'flag', about: '' },
} as const
const parse = (...argv: readonly string[]) => parseArguments(options, [], argv)

test('values come by name, with defaults, numbers as numbers', () => {
  expect(parse('--model', 'm', '-n', '4', '--prompt', 'a', '--prompt', '-b', '--json')).toEqual({
    _tag: 'Right',
    right: { values: { model: 'm', prompt: ['a', '-b'], n: 4, 'top-p': undefined, json: true }, positionals: [] },
  })
  expect(parse('--model=x')).toMatchObject({ right: { values: { n: 1, prompt: [], json: false } } })
})

test.each([
  ['an unknown option', ['--modle', 'm'], 'unknown option --modle. Did you mean --model?'],
  ['one that is near nothing', ['--model', 'm', '--quantum'], 'unknown option --quantum. Leave it out'],
  ['a missing required option', ['--json'], '--model DIR is missing. Add it'],
  ['an option in the place of a value', ['--model', '--json'], '--model needs a value. Write --model DIR'],
  ['no value at the end', ['--model'], '--model needs a value. Write --model DIR'],
  ['a value for a flag', ['--model', 'm', '--json=yes'], '--json takes no value, found "yes". Leave the value out'],
  ['text for a number', ['--model', 'm', '-n', 'many'], '--n is "many", not a whole number from 1. Give another value'],
  [
    'a broken number for a whole one',
    ['--model', 'm', '-n', '1.5'],
    '--n is "1.5", not a whole number from 1. Give another value',
  ],
  [
    'a number out of range',
    ['--model', 'm', '--top-p', '1.5'],
    '--top-p is "1.5", not a number from 0 to 1. Give another value',
  ],
  [
    'an argument nobody asked for',
    ['--model', 'm', 'upon', 'a'],
    'unexpected argument "upon". Quote text that has spaces',
  ],
])('%s is a usage fault', (_, argv, message) => {
  expect(parse(...argv)).toMatchObject({ left: { _tag: 'Usage', message } })
})

test('a word means the nearest known one, case and hyphens aside, if it is near', () => {
  const known = ['learningRate', 'warmup', 'weightDecay']
  expect(closest('learning_rate', known)).toBe('learningRate')
  expect(closest('warmpu', known)).toBe('warmup')
  expect(closest('momentum', known)).toBeUndefined()
})
