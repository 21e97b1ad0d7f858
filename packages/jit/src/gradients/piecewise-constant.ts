import * as tf from '@tensorflow/tfjs-core'
import { noGradient, zeros } from './gate.ts'
import { rule } from './rule.ts'

const flat = (kernelName: string, ...inputs: string[]): tf.GradConfig =>
  rule(kernelName, { inputs }, (_, kept) => Object.fromEntries(inputs.map((input, i) => [input, noGradient(kept[i])])))

const ofOne = ['Sign', 'Floor', 'Ceil', 'Round', 'Step', 'ZerosLike', 'OnesLike', 'IsNan', 'IsInf', 'IsFinite']
const ofAnAxis = ['ArgMax', 'ArgMin', 'All', 'Any']
const comparisons = ['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual']
const ofTwo = [...comparisons, 'LogicalAnd', 'LogicalOr', 'FloorDiv']

/**
 * Piecewise constant operations: their derivative is zero wherever it exists. Comparisons and the like are here so that
 * a function may branch on what it differentiates; without a rule the tape would refuse. A cast to an integer or bool
 * truncates, so it is flat too; a cast to float32 passes its gradient on.
 */
export const piecewiseConstant: readonly tf.GradConfig[] = [
  ...[...ofOne, ...ofAnAxis, 'LogicalNot'].map((kernelName) => flat(kernelName, 'x')),
  ...ofTwo.map((kernelName) => flat(kernelName, 'a', 'b')),
  flat('OneHot', 'indices'),
  rule<tf.CastAttrs>('Cast', { inputs: ['x'] }, ([dy], [x], { dtype }) => ({
    x: () => (dtype === 'float32' ? tf.clone(dy) : zeros(x.shape)),
  })),
]
