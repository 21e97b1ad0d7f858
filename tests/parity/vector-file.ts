import { readFileSync } from 'node:fs'
import { type Vector, vectorsOf } from './layouts.ts'

/** Reads a vector file of any layout; throws an Error that says what of it is wrong. */
export const readVectors = (path: string): readonly Vector[] => vectorsOf(path, JSON.parse(readFileSync(path, 'utf8')))
