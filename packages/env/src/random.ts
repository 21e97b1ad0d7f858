/**
 * Keyed randomness: every draw is a pure function of (seed, purpose, step, row, index), so the same seed gives
 * the same run whatever the concurrency, and a resumed run needs no generator state.
 *
 * Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), the
 * counter-based generator that JAX uses. Checked against the paper's known-answer vectors.
 */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const

/** One Threefry-2x32-20 block: two 32-bit words of key and of counter in, two words out. */
export const threefry = (k0: number, k1: number, c0: number, c1: number): readonly [number, number] => {
  const key = [k0 | 0, k1 | 0, 0x1bd11bda ^ k0 ^ k1] as const
  let x = (c0 + key[0]) | 0
  let y = (c1 + key[1]) | 0
  for (let round = 0; round < 20; round++) {
    const r = ROTATIONS[round % 8]!
    x = (x + y) | 0
    y = ((y << r) | (y >>> (32 - r))) ^ x
    if (round % 4 === 3) {
      const s = (round + 1) / 4
      x = (x + key[s % 3]!) | 0
      y = (y + key[(s + 1) % 3]! + s) | 0
    }
  }
  return [x >>> 0, y >>> 0]
}

/** FNV-1a of a purpose's name: purposes are words ("sample", "shuffle"), never numbers that could collide unseen. */
const hashName = (name: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** A key from which draws are made; deriving with more words gives an independent key. */
export interface Key {
  readonly k0: number
  readonly k1: number
}

/**
 * The key of a seed: a whole number, of which 64 bits count.
 *
 * @throws RangeError for any other: 0.5 would have the key of 0
 */
export const keyOf = (seed: number): Key => {
  if (!Number.isInteger(seed)) throw new RangeError(`a seed must be a whole number, found ${seed}`)
  const [k0, k1] = threefry(0, 0, seed | 0, Math.floor(seed / 0x1_0000_0000) | 0)
  return { k0, k1 }
}

/** Derives a key: words may be names ("sample") or integers (a step, a row). */
export const fold = (key: Key, ...words: readonly (string | number)[]): Key =>
  words.reduce<Key>(({ k0, k1 }, word, i) => {
    const [a, b] = threefry(k0, k1, typeof word === 'string' ? hashName(word) : word | 0, i + 1)
    return { k0: a, k1: b }
  }, key)

/** Uniform in [0, 1), 53 bits. */
export const uniform = (key: Key, index = 0): number => {
  const [a, b] = threefry(key.k0, key.k1, index | 0, 0)
  return ((a >>> 5) * 0x400_0000 + (b >>> 6)) / 0x20_0000_0000_0000
}

/** Uniform integer in [0, n). */
export const uniformInt = (key: Key, n: number, index = 0): number => Math.floor(uniform(key, index) * n)

/** Standard normal by Box–Muller. */
export const normal = (key: Key, index = 0): number => {
  const u = 1 - uniform(key, 2 * index)
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * uniform(key, 2 * index + 1))
}

/** A permutation of 0..n-1 (Fisher–Yates). */
export const permutation = (key: Key, n: number): Int32Array => {
  const p = Int32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(key, i + 1, i)
    const t = p[i]!
    p[i] = p[j]!
    p[j] = t
  }
  return p
}
