import { type Regression, halfSquared, linex, shiftedCosh, squared } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import type { Formula } from '../formula.ts'
import { numbers, record } from '../json.ts'

const NAMES: Readonly<Record<string, Regression>> = { squared, half_squared: halfSquared, shifted_cosh: shiftedCosh }

const regressionOf = (name: string): Regression => {
  const alpha = /^linex_(.+)$/.exec(name)?.[1]
  if (alpha !== undefined) return linex(Number(alpha))
  if (NAMES[name] === undefined) throw new Error(`${name}: not a regression of the library`)
  return NAMES[name]
}

/** g(t) and g'(t) of the pluggable regressions. */
export const regressionLosses: Formula = ({ inputs, expected }) => {
  const t = tf.tensor1d(numbers(inputs.t))
  const comparisons = Object.entries(expected).flatMap(([name, reference]) => {
    const g = regressionOf(name)
    const { value, grad } = record(reference)
    return [
      inFloat32(`${name} value`, g(t).dataSync(), value),
      inFloat32(
        `${name} grad`,
        tf
          .grad((x) => g(x))(t)
          .dataSync(),
        grad,
      ),
    ]
  })
  return [{ part: '', comparisons }]
}
