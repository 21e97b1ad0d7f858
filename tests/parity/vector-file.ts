import { readFileSync } from 'node:fs'

/** Anything a vector file may hold. Numbers that JSON lacks are strings: "inf", "-inf", "nan". */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** One numeric case: inputs and what the reference code made of them. */
export interface Vector {
  readonly name: string
  readonly tolerance_abs: number
  readonly inputs: Readonly<Record<string, Json>>
  readonly expected: Readonly<Record<string, Json>>
}

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === 'object' && u !== null && !Array.isArray(u)

const vectorOf = (path: string, given: unknown, index: number): Vector => {
  if (!isRecord(given) || typeof given.name !== 'string' || !isRecord(given.inputs) || !isRecord(given.expected))
    throw new Error(`${path}: vectors[${index}] must have a name, inputs and expected`)
  return { tolerance_abs: 1e-9, ...given } as unknown as Vector
}

/** Reads a vector file; throws an Error that says what of its layout is wrong. */
export const readVectors = (path: string): readonly Vector[] => {
  const file: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!isRecord(file) || !Array.isArray(file.vectors)) throw new Error(`${path}: no list "vectors" at the top`)
  return file.vectors.map((given, index) => vectorOf(path, given, index))
}

const NAMED: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN }

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
  if (isRecord(json)) return json as Readonly<Record<string, Json>>
  throw new Error(`expected an object, found ${JSON.stringify(json)}`)
}

/** Every number in a value, in order of reading. */
export const flatten = (json: Json): number[] => (Array.isArray(json) ? json.flatMap(flatten) : [number(json)])
