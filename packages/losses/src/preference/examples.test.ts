import '@tensorflow/tfjs-backend-cpu'
import '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as losses from '../index.ts'

await tf.setBackend('cpu')

const folder = fileURLToPath(new URL('.', import.meta.url))

/** What the examples of docstrings may use: one pair, a desirable and an undesirable completion, unit weights. */
const scope = {
  tf,
  ...losses,
  pairs: {
    chosenLogProb: tf.tensor1d([-12]),
    rejectedLogProb: tf.tensor1d([-14]),
    referenceChosenLogProb: tf.tensor1d([-12.5]),
    referenceRejectedLogProb: tf.tensor1d([-13]),
    chosenLength: tf.tensor1d([6]),
    rejectedLength: tf.tensor1d([7]),
  },
  weight: tf.ones([1]),
  chosenNll: tf.tensor1d([2]),
  completions: {
    logProb: tf.tensor1d([-12, -14]),
    referenceLogProb: tf.tensor1d([-12.5, -13]),
    desirable: tf.tensor1d([1, 0]),
  },
  weights: tf.ones([2]),
}

interface Example {
  readonly name: string
  readonly code: readonly string[]
  readonly expected: readonly number[]
}

/** Examples whose last line says what it gives: `expression // number, …`. */
const examplesOf = (file: string): readonly Example[] => {
  const source = readFileSync(`${folder}/${file}`, 'utf8')
  const found = source.matchAll(/@example\s([^/]*?(?:\/\/.*\n)?) \*\/\nexport const (\w+)/g)
  return [...found].flatMap(([, text = '', name = '']) => {
    const code = text
      .split('\n')
      .map((line) => line.replace(/^ ?\* ?/, '').trim())
      .filter((line) => line !== '')
    const [last = '', result] = (code.at(-1) ?? '').split(' // ')
    if (result === undefined || !/^-?[\d.]/.test(result)) return []
    return [{ name, code: [...code.slice(0, -1), `return ${last}`], expected: result.split(', ').map(Number) }]
  })
}

const examples = readdirSync(folder)
  .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
  .flatMap(examplesOf)

const named = examples.map((example) => [example.name, example] as const)

test.each(named)('the example of %s gives what it says', (_, { code, expected }) => {
  const run = new Function(...Object.keys(scope), code.join('\n')) as (...given: unknown[]) => unknown
  const found = run(...Object.values(scope))
  const numbers = found instanceof tf.Tensor ? [...found.dataSync()] : (found as number[])
  expect(numbers).toHaveLength(expected.length)
  numbers.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 4))
})

test('every loss has an example that runs', () => {
  const names = examples.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['dpo', 'ipo', 'kto', 'bco', 'orpo', 'simPo', 'aot', 'xpo']))
})
