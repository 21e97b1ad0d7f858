import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { BYTES } from './dtype.ts'
import { duplicateKey } from './duplicate-key.ts'

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

/** The reference implementation's bound on a header, bytes. */
export const MAX_HEADER = 100_000_000

const AGAIN = 'Download or export the file again'

const isCount = (u: unknown): u is number => Number.isSafeInteger(u) && (u as number) >= 0

/**
 * Reads the JSON header of a safetensors file of `size` bytes whose header takes `length` bytes. The tensors must
 * fill what follows the header exactly, without overlap or hole, as the reference implementation demands.
 */
export const parseHeader = (
  path: string,
  json: string,
  length: number,
  size: number,
): Either<PolicyFault, SafetensorsHeader> => {
  const bad = (what: string, detail: Record<string, unknown> = {}): Either<PolicyFault, never> =>
    left(policyFault('WeightsCorrupt', `${path}: ${what}`, AGAIN, { path, ...detail }))

  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    return bad('the header is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return bad('the header is not an object')
  const twice = duplicateKey(json)
  if (twice !== undefined) return bad(`tensor "${twice}" is listed twice`, { tensor: twice })

  const { __metadata__: metadata = {}, ...rest } = parsed as Record<string, unknown>
  const origin = 8 + length
  const tensors = new Map<string, TensorEntry>()
  for (const [tensor, info] of Object.entries(rest)) {
    const { dtype, shape, data_offsets: offsets } = (info ?? {}) as Record<string, unknown>
    if (typeof dtype !== 'string' || BYTES[dtype] === undefined)
      return left(
        policyFault(
          'WeightsDtype',
          `${path}: tensor "${tensor}" has the unknown dtype ${JSON.stringify(dtype)}`,
          'Export the weights as F32, F16 or BF16',
          { path, tensor, dtype },
        ),
      )
    if (!Array.isArray(shape) || !shape.every(isCount))
      return bad(`tensor "${tensor}" has no proper shape`, { tensor, shape })
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1])
      return bad(`tensor "${tensor}" has no proper data_offsets`, { tensor, offsets })
    const bytes = shape.reduce((n, d) => n * d, 1) * BYTES[dtype]!
    if (offsets[1] - offsets[0] !== bytes)
      return bad(
        `tensor "${tensor}" of ${dtype} [${shape}] needs ${bytes} bytes, its offsets span ${offsets[1] - offsets[0]}`,
        { tensor, dtype, shape, offsets },
      )
    if (origin + offsets[1] > size)
      return bad(`tensor "${tensor}" ends at byte ${origin + offsets[1]} but the file has ${size}: it is truncated`, {
        tensor,
        offsets,
        size,
      })
    tensors.set(tensor, { dtype, shape, start: origin + offsets[0], end: origin + offsets[1] })
  }

  let reached = origin
  for (const [tensor, { start, end }] of [...tensors].sort(
    (a, b) => a[1].start - b[1].start || a[1].end - b[1].end,
  )) {
    if (start < reached) return bad(`tensor "${tensor}" overlaps the one before it`, { tensor })
    if (start > reached)
      return bad(`${start - reached} bytes before tensor "${tensor}" belong to no tensor`, { tensor })
    reached = end
  }
  if (reached !== size) return bad(`${size - reached} bytes at the end belong to no tensor`, { size })
  return right({ path, metadata: metadata as Record<string, string>, tensors })
}
