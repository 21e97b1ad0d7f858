import { type HostTensors, hostZeros } from '@gfnlm/jit'
import type { CachedDecoding } from '@gfnlm/policy'

/** Keys and values of all layers, [rows, kvHeads, columns, headDim] of zeros. */
export const emptyCache = (
  { layers, head: [kvHeads, headDim] }: CachedDecoding,
  rows: number,
  columns: number,
): HostTensors =>
  Object.fromEntries(
    Array.from({ length: layers }, (_, layer) => [`k.${layer}`, `v.${layer}`])
      .flat()
      .map((name) => [name, hostZeros([rows, kvHeads, columns, headDim])]),
  )
