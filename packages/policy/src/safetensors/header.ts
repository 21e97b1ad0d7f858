import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js'
import { type JsonBounds, type JsonFlaw, flawText, jsonFlaw } from '../json-flaw.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { BYTES } from './dtype.ts'

/** Where a tensor lies in a safetensors file. */
export interface TensorEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  /** Bytes from the start of the file. */
  readonly start: number
  readonly end: number
}

export interface SafetensorsHeader {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorEntry>
}

/**
 * Bound on a header, bytes. The reference implementation's is 100 MB, of which many seconds and a gigabyte go into
 * finding out that it is wrong; a tensor takes about a hundred bytes, so this is room for all tensors with texts beside.
 */
export const MAX_HEADER: number = 1 << 25

/** Tensors of a file: the largest models have thousands in each. One of two dimensions has 8 values. */
const TENSORS = 1 << 16
const BOUNDS: JsonBounds = { depth: 8, values: 8 * TENSORS, names: TENSORS, name: 1024, unique: true }

const AGAIN = 'Download or export the file again'

const isCount = (u: unknown): u is number => Number.isSafeInteger(u) && (u as number) >= 0

/** The beginning of a name or a shape, for a message: a file may have long ones. */
const brief = (text: string | readonly number[]): string => {
  const all = String(text.slice(0, 101))
  return all.length <= 100 ? all : `${all.slice(0, 100)}…`
}

const isText = (u: unknown): u is Readonly<Record<string, string>> =>
  typeof u === 'object' &&
  u !== null &&
  !Array.isArray(u) &&
  Object.values(u).every((value) => typeof value === 'string')

/** Why a header is not to be parsed. */
const told = (flaw: JsonFlaw): string => {
  if (flaw.breaks !== 'unique') return `the header ${flawText(flaw, BOUNDS)}`
  const [tensor = '', ...within] = flaw.path
  return within.length === 0
    ? `tensor "${brief(tensor)}" is listed twice`
    : `tensor "${brief(tensor)}" has "${brief(within.at(-1) ?? '')}" twice`
}

/** What a header says, or what is wrong with it. */
const decoded = (header: Uint8Array): Either<string, Readonly<Record<string, unknown>>> => {
  let json: string
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(header)
  } catch {
    return left('the header is not UTF-8')
  }
  const flaw = jsonFlaw(json, BOUNDS)
  if (flaw !== undefined) return left(told(flaw))
  try {
    const parsed: unknown = JSON.parse(json)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? right(parsed as Readonly<Record<string, unknown>>)
      : left('the header is not an object')
  } catch {
    return left('the header is not JSON')
  }
}

/**
 * Reads the header of a safetensors file of `size` bytes, which starts at its ninth. The tensors must fill what follows
 * it exactly, without overlap or hole, as the reference implementation demands.
 */
export const parseHeader = (path: string, header: Uint8Array, size: number): Either<PolicyFault, SafetensorsHeader> => {
  const bad = (what: string, detail: Record<string, unknown> = {}): Either<PolicyFault, never> =>
    left(policyFault('WeightsCorrupt', `${path}: ${what}`, AGAIN, { path, ...detail }))

  const read = decoded(header)
  if (isLeft(read)) return bad(read.left)
  const { __metadata__: metadata = {}, ...rest } = read.right
  if (!isText(metadata)) return bad('its __metadata__ is no table of texts')
  const origin = 8 + header.length
  const tensors = new Map<string, TensorEntry>()
  for (const [tensor, info] of Object.entries(rest)) {
    const { dtype, shape, data_offsets: offsets } = (info ?? {}) as Record<string, unknown>
    const named = `tensor "${brief(tensor)}"`
    if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype))
      return left(
        policyFault(
          'WeightsDtype',
          `${path}: ${named} has ${typeof dtype === 'string' ? `the unknown dtype "${brief(dtype)}"` : 'no dtype'}`,
          'Export the weights as F32, F16 or BF16',
          { path, tensor, dtype },
        ),
      )
    if (!Array.isArray(shape) || !shape.every(isCount)) return bad(`${named} has no proper shape`, { tensor, shape })
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1])
      return bad(`${named} has no proper data_offsets`, { tensor, offsets })
    const bytes = shape.reduce((n, d) => n * d, 1) * BYTES[dtype]!
    if (offsets[1] - offsets[0] !== bytes)
      return bad(
        `${named} of ${dtype} [${brief(shape)}] needs ${bytes} bytes, its offsets span ${offsets[1] - offsets[0]}`,
        { tensor, dtype, shape, offsets },
      )
    if (origin + offsets[1] > size)
      return bad(`${named} ends at byte ${origin + offsets[1]} but the file has ${size}: it is truncated`, {
        tensor,
        offsets,
        size,
      })
    tensors.set(tensor, { dtype, shape, start: origin + offsets[0], end: origin + offsets[1] })
  }

  let reached = origin
  for (const [tensor, { start, end }] of [...tensors].sort((a, b) => a[1].start - b[1].start || a[1].end - b[1].end)) {
    if (start < reached) return bad(`tensor "${brief(tensor)}" overlaps the one before it`, { tensor })
    if (start > reached)
      return bad(`${start - reached} bytes before tensor "${brief(tensor)}" belong to no tensor`, { tensor })
    reached = end
  }
  if (reached !== size) return bad(`${size - reached} bytes at the end belong to no tensor`, { size })
  return right({ path, metadata, tensors })
}
