/** Anything a vector file may hold. Numbers that JSON lacks are strings: "inf", "-Infinity", "NaN". */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export const isRecord = (u: unknown): u is Readonly<Record<string, Json>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const NAMED: Readonly<Record<string, number>> = {
  inf: Infinity,
  Infinity,
  '-inf': -Infinity,
  '-Infinity': -Infinity,
  nan: NaN,
  NaN,
}

/** A number, or one of the strings that stand for the numbers JSON lacks. */
export const number = (json: Json | undefined): number => {
  if (typeof json === 'number') return json
  if (typeof json === 'string' && json in NAMED) return NAMED[json]
  throw new Error(`expected a number, found ${JSON.stringify(json)}`)
}

/** A list. */
export const list = (json: Json | undefined): readonly Json[] => {
  if (Array.isArray(json)) return json
  throw new Error(`expected a list, found ${JSON.stringify(json)}`)
}

/** A list of numbers. */
export const numbers = (json: Json | undefined): number[] => list(json).map(number)

/** A list of lists of numbers. */
export const matrix = (json: Json | undefined): number[][] => list(json).map(numbers)

/** An object. */
export const record = (json: Json | undefined): Readonly<Record<string, Json>> => {
  if (isRecord(json)) return json
  throw new Error(`expected an object, found ${JSON.stringify(json)}`)
}

/** Every number in a value, in order of reading. */
export const flatten = (json: Json): number[] => (Array.isArray(json) ? json.flatMap(flatten) : [number(json)])
