import type { CachedDecoding } from '@gfnlm/policy'

/** The arrays of a cache by name: keys and values of each layer. */
export const cacheNames = ({ layers }: CachedDecoding): readonly string[] =>
  Array.from({ length: layers }, (_, layer) => [`k.${layer}`, `v.${layer}`]).flat()
