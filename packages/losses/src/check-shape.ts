import type { Tensor } from '@tensorflow/tfjs-core'

/** Axis names with the sizes they must have, in order. */
export type Axes = Readonly<Record<string, number>>

const written = (shape: readonly (number | string)[]): string => `[${shape.join(', ')}]`

/**
 * Throws a RangeError unless a tensor has the given shape: a loss whose inputs broadcast by accident trains on
 * nonsense without a word.
 *
 * @example checkShape('trajectoryBalance', 'keep', keep, { rows: 8 })
 * // trajectoryBalance: keep must be [rows] = [8], found [4]
 */
export const checkShape = (caller: string, argument: string, tensor: Tensor, axes: Axes): void => {
  const expected = Object.values(axes)
  if (tensor.shape.length === expected.length && expected.every((size, axis) => tensor.shape[axis] === size)) return
  const wanted = `${written(Object.keys(axes))} = ${written(expected)}`
  throw new RangeError(`${caller}: ${argument} must be ${wanted}, found ${written(tensor.shape)}`)
}

/** Throws a RangeError unless a tensor has as many axes as there are names. */
export const checkRank = (caller: string, argument: string, tensor: Tensor, names: readonly string[]): void => {
  if (tensor.shape.length === names.length) return
  throw new RangeError(`${caller}: ${argument} must be ${written(names)}, found ${written(tensor.shape)}`)
}
