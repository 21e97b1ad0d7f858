import fc from 'fast-check'

/** Numbers of one row: a scalar, a row of steps, or deeper. */
export type Nested = number | readonly Nested[]

/** One row of a batch: what each input of a loss holds there. */
export type Row = Readonly<Record<string, Nested>>

/** Every number of a nest, in order. */
export const flat = (nest: Nested): readonly number[] => (typeof nest === 'number' ? [nest] : nest.flatMap(flat))

/** The nest with each number replaced; `at` is its place in `flat`. */
export const mapNested = (nest: Nested, change: (x: number, at: number) => number): Nested => {
  let at = 0
  const walk = (node: Nested): Nested => (typeof node === 'number' ? change(node, at++) : node.map(walk))
  return walk(nest)
}

/** Numbers between two bounds, off every round one: a kink at 0 or 1 is never hit. */
export const between = (low: number, high: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 1 << 20 }).map((k) => low + ((high - low) * (k + 0.372)) / ((1 << 20) + 1))

/** `count` numbers between two bounds. */
export const many = (count: number, low: number, high: number): fc.Arbitrary<number[]> =>
  fc.array(between(low, high), { minLength: count, maxLength: count })

/** Log-probabilities of `count` steps, nats. */
export const logProbs = (count: number): fc.Arbitrary<number[]> => many(count, -3, -0.05)

/** `ones` times 1 and then 0 up to `count` steps. */
export const firstOnes = (ones: number, count: number): number[] =>
  Array.from({ length: count }, (_, t) => (t < ones ? 1 : 0))

/** x where the mask is not 0, else NaN: what a loss that respects its mask must not notice. */
export const blankOutside = (x: Nested, mask: Nested): Nested => {
  const kept = flat(mask)
  return mapNested(x, (value, at) => (kept[at] === 0 ? NaN : value))
}
