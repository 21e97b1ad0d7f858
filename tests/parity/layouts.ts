import { type Json, isRecord } from './json.ts'

/** Which reference a file is of; each has a folder of checkers and a registry. */
export type Layout = 'gflownet' | 'preference' | 'ppo'

/** One numeric case: inputs and what the reference code made of them. */
export interface Vector {
  readonly layout: Layout
  readonly name: string
  /** What its registry is keyed by: the name, the loss or the function. Other numbers come under the same key. */
  readonly kind: string
  /** Of float64 results: absolute below 1, relative to the largest number of an array above. */
  readonly tolerance_abs: number
  readonly inputs: Readonly<Record<string, Json>>
  /** Options of the loss; empty where the layout has none. */
  readonly hyper: Readonly<Record<string, Json>>
  /** A reference that is not an object is under `out`. */
  readonly expected: Readonly<Record<string, Json>>
}

type Entry = Readonly<Record<string, Json>>
type Fields = Omit<Vector, 'layout' | 'hyper' | 'tolerance_abs'> & Partial<Vector>

const TOLERANCE = 1e-9

const named = (json: Json | undefined): json is string => typeof json === 'string'
const tolerance = (json: Json | undefined): number => (typeof json === 'number' ? json : TOLERANCE)
const underOut = (json: Json): Entry => (isRecord(json) ? json : { out: json })

/** Cases of `{ vectors: [{ name, inputs, expected, tolerance_abs? }] }`. */
const gflownetCase = ({ name, inputs, expected, tolerance_abs }: Entry): Fields | string =>
  named(name) && isRecord(inputs) && isRecord(expected)
    ? { name, kind: name, inputs, expected, tolerance_abs: tolerance(tolerance_abs) }
    : 'must have a name, inputs and expected'

/** Cases of `{ vectors: [{ id, loss, inputs, hyper, expected }] }`. */
const preferenceCase = ({ id, loss, inputs, hyper = {}, expected }: Entry): Fields | string =>
  named(id) && named(loss) && isRecord(inputs) && isRecord(hyper) && isRecord(expected)
    ? { name: id, kind: loss, inputs, hyper, expected }
    : 'must have an id, a loss, inputs and expected'

/** Cases of `{ upstream_unit_tests: [{ id, inputs, expected }] }`: what a reference's own tests state. */
const upstreamCase = ({ id, inputs, expected }: Entry): Fields | string =>
  named(id) && isRecord(inputs) && isRecord(expected)
    ? { name: id, kind: id, inputs, expected }
    : 'must have an id, inputs and expected'

/** Cases of `{ regressions: [{ id, what, case?, cases? }] }`: what a reference gets wrong. */
const regressionCase = ({ id, what, ...given }: Entry): Fields | string =>
  named(id) && named(what) ? { name: id, kind: id, inputs: given, expected: {} } : 'must have an id and say what'

/** Cases of `{ cases: [{ id, fn, in, out, tol? }] }`; inputs that are a list are under `in`. */
const ppoCase = ({ id, fn, in: inputs, out, tol }: Entry): Fields | string =>
  named(id) && named(fn) && (isRecord(inputs) || Array.isArray(inputs)) && out !== undefined
    ? {
        name: id,
        kind: fn,
        inputs: isRecord(inputs) ? inputs : { in: inputs },
        expected: underOut(out),
        tolerance_abs: tolerance(tol),
      }
    : 'must have an id, a fn, in and out'

type Section = readonly [Layout, string, (entry: Entry) => Fields | string]

/** The lists that a file of some layout has; what tells the layouts apart is how their first entry reads. */
const sectionsOf = (file: Entry): readonly Section[] => {
  if (Array.isArray(file.cases)) return [['ppo', 'cases', ppoCase]]
  const first: Json | undefined = Array.isArray(file.vectors) ? file.vectors[0] : undefined
  if (isRecord(first) && 'loss' in first)
    return [
      ['preference', 'vectors', preferenceCase],
      ['preference', 'upstream_unit_tests', upstreamCase],
      ['preference', 'regressions', regressionCase],
    ]
  return Array.isArray(file.vectors) ? [['gflownet', 'vectors', gflownetCase]] : []
}

/** The cases of a parsed file; throws an Error that says what of its layout is wrong. */
export const vectorsOf = (path: string, file: unknown): readonly Vector[] => {
  const sections = isRecord(file) ? sectionsOf(file) : []
  if (!isRecord(file) || sections.length === 0) throw new Error(`${path}: no list "vectors" or "cases" at the top`)
  return sections.flatMap(([layout, section, read]) => {
    const entries = file[section]
    return (Array.isArray(entries) ? (entries as readonly Json[]) : []).map((entry, index) => {
      const fields = isRecord(entry) ? read(entry) : 'must be an object'
      if (typeof fields === 'string') throw new Error(`${path}: ${section}[${index}] ${fields}`)
      return { layout, hyper: {}, tolerance_abs: TOLERANCE, ...fields }
    })
  })
}
