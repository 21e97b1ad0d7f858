import { type Comparison, inFloat32, inFloat64 } from './comparison.ts'
import { type Json, number } from './json.ts'

/** Numbers of a value in order of reading; true is 1, false 0, and null (a reward that is not known) NaN. */
export const cells = (json: Json | undefined): number[] => {
  if (Array.isArray(json)) return json.flatMap(cells)
  if (typeof json === 'boolean') return [Number(json)]
  return [json === null ? NaN : number(json)]
}

/** How many there are along each axis of nested lists. */
export const shapeOf = (json: Json | undefined): number[] =>
  Array.isArray(json) ? [json.length, ...shapeOf(json[0])] : []

/** What the library finds, by the key of what the reference expects. */
export type Told = Readonly<Record<string, ArrayLike<number> | number>>

/** Compares everything that a case expects. A key that nothing answers to is an error of the case. */
const compareTold =
  (compare: typeof inFloat64) =>
  (expected: Readonly<Record<string, Json>>, told: Told): readonly Comparison[] =>
    Object.entries(expected).map(([key, reference]) => {
      const found = told[key]
      if (found === undefined) throw new Error(`${key}: nothing to compare it with`)
      return compare(key, typeof found === 'number' ? [found] : found, cells(reference))
    })

/** The comparisons of a function of the host, which computes in float64. */
export const toldByHost = compareTold(inFloat64)

/** The comparisons of a tensor formula: see `formula`. */
export const toldByTensors = compareTold(inFloat32)
