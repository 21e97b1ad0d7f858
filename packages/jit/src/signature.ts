import type { DType, HostTensors } from './host-tensor.ts'

/** Shapes and element types of named arrays: what a graph is compiled for. */
export type Signature = Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: DType }>>

export const signatureOf = (inputs: HostTensors): Signature =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]))

/** One line a signature: equal signatures share a compiled graph. */
export const signatureKey = (signature: Signature): string =>
  Object.entries(signature)
    .map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape.join(',')}]`)
    .sort()
    .join(' ')

/**
 * What of a signature's key is not in all of the others, because a thousand parameters are the same in each; all of it,
 * where it only lacks what others have.
 */
export const differing = (key: string, others: Iterable<string>): string => {
  const parts = [...others].map((other) => new Set(other.split(' ')))
  const own = key.split(' ').filter((part) => parts.some((other) => !other.has(part)))
  return own.length === 0 ? key : own.join(' ')
}

/** The first input whose shape, type or presence differs, in words; undefined when nothing does. */
export const signatureDifference = (expected: Signature, found: Signature): string | undefined => {
  const words = (s: Signature[string] | undefined): string =>
    s === undefined ? 'absent' : `${s.dtype} [${s.shape.join(', ')}]`
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const [e, f] = [words(expected[name]), words(found[name])]
    if (e !== f) return `input '${name}' is ${f}, and the function was compiled for ${e}`
  }
  return undefined
}
