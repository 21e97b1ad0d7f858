import {
  type Code,
  F64,
  I32,
  V128,
  add,
  addBits,
  addFloat,
  addInt,
  and,
  below,
  both,
  bothInts,
  differs,
  div,
  exponentBits,
  fromInts,
  get,
  int,
  isAbove,
  lane,
  laneInt,
  larger,
  load,
  load64,
  loadLane,
  loop,
  moduleOf,
  mul,
  or,
  set,
  shiftInt,
  shiftInts,
  splat,
  store,
  sub,
  truncated,
} from './assembly.ts'
import { COARSE, FINE, ROOTS, STEPS_PER_NAT } from './exp-below.ts'

/** The scores of a vocabulary, and what a sampler does to all of them for every token that it draws. */
export interface Exponentials {
  /** [vocab] written by the caller; afterwards the weights. */
  readonly scores: Float64Array
  /** [vocab] added to the scores. */
  readonly shift: Float64Array
  /** The largest score + shift; NaN is passed over. */
  readonly largest: () => number
  /** scores[i] ← exp((scores[i] + shift[i] − largest) · scale), their sum as the result. */
  readonly weigh: (largest: number, scale: number) => number
}

// Locals of both routines: where the scores begin and how far the shifts are from them, in bytes; where the scores end.
const [AT, SHIFT, END] = [get(0), get(1), get(2)]
const scores = add(load(AT), load(addInt(AT, SHIFT)))
/** Does `body` for two scores after two. */
const throughout = (body: readonly number[]): number[] => [
  ...loop([...body, ...set(0, addInt(AT, int(16)))], below(AT, END)),
]

const LARGEST = get(3)
const largest = [
  ...set(3, both(-Infinity)),
  ...throughout(set(3, larger(LARGEST, scores))),
  // of the two lanes, the first unless the second is larger
  ...lane(0, larger(LARGEST, splat(lane(1, LARGEST)))),
]

// Constants are variables here, because the engine would make each of them anew for every pair.
const [TOP, SCALE, TOTAL] = [get(3), get(4), get(5)] as const
const [TOPS, SCALES, X, N, R, ROOT, Y] = [6, 7, 8, 9, 10, 11, 12].map(get) as [Code, Code, Code, Code, Code, Code, Code]
const NUMBERS = [STEPS_PER_NAT, COARSE, FINE, -700, 120, 1 / 24, 1 / 6, 1 / 2, 1]
const number = (x: number): Code => get(13 + NUMBERS.indexOf(x))
const SIX_BITS = get(13 + NUMBERS.length)
const root = (which: number): Code => shiftInt(laneInt(which, and(N, SIX_BITS)), 3)
/** 1 + r + … + r⁵ / 120 as `expBelow` computes it: to the last bit. */
const polynomial = [1 / 6, 1 / 2, 1, 1].reduce<Code>(
  (sum, c) => add(number(c), mul(R, sum)),
  add(number(1 / 24), div(R, number(120))),
)
const weigh = [
  ...set(6, splat(TOP)),
  ...set(7, splat(SCALE)),
  ...NUMBERS.flatMap((x, i) => set(13 + i, both(x))),
  ...set(13 + NUMBERS.length, bothInts(63)),
  ...throughout([
    ...set(8, mul(sub(scores, TOPS), SCALES)),
    ...set(9, truncated(mul(X, number(STEPS_PER_NAT)))),
    ...set(10, sub(sub(X, mul(fromInts(N), number(COARSE))), mul(fromInts(N), number(FINE)))),
    ...set(11, loadLane(1, root(1), load64(root(0)))),
    ...set(12, mul(addBits(ROOT, exponentBits(shiftInts(N, 6))), polynomial)),
    // 0 below −700, NaN where the score is
    ...set(12, or(and(Y, isAbove(X, number(-700))), differs(X, X))),
    ...store(AT, Y),
    ...set(5, addFloat(addFloat(TOTAL, lane(0, Y)), lane(1, Y))),
  ]),
  ...TOTAL,
]
const vectors = Array<number>(8 + NUMBERS.length).fill(V128)

type Routines = Readonly<Record<'largest' | 'weigh', (...given: readonly number[]) => number>>

let compiled: WebAssembly.Module | undefined

const instantiate = (memory: WebAssembly.Memory): Routines => {
  compiled ??= new WebAssembly.Module(
    moduleOf({
      largest: { parameters: [I32, I32, I32], locals: [V128], code: largest },
      weigh: { parameters: [I32, I32, I32, F64, F64], locals: [F64, ...vectors], code: weigh },
    }) as BufferSource,
  )
  return new WebAssembly.Instance(compiled, { host: { memory } }).exports as unknown as Routines
}

const made = new Map<number, Exponentials>()

/**
 * Room for the scores of a vocabulary, one for all callers: what is in it is the caller's until it lets go of the
 * thread. Two scores at a time, `exp` in plain arithmetic: bit for bit what `expBelow` gives, summed in order.
 */
export const exponentialsOf = (vocab: number): Exponentials => {
  const found = made.get(vocab)
  if (found !== undefined) return found
  const padded = vocab + (vocab % 2)
  const [tables, bytes] = [ROOTS.byteLength, padded * Float64Array.BYTES_PER_ELEMENT]
  const memory = new WebAssembly.Memory({ initial: Math.ceil((tables + 2 * bytes) / 65_536) })
  new Float64Array(memory.buffer, 0, ROOTS.length).set(ROOTS)
  const all = new Float64Array(memory.buffer, tables, padded)
  const routines = instantiate(memory)
  const [scores, shift] = [all.subarray(0, vocab), new Float64Array(memory.buffer, tables + bytes, vocab)]
  // an odd vocabulary's last pair has a score that weighs nothing
  const pad = (): void => void all.fill(-Infinity, vocab)
  const exponentials: Exponentials = {
    scores,
    shift,
    largest: () => {
      pad()
      return routines.largest(tables, bytes, tables + bytes)
    },
    weigh: (top, scale) => {
      pad()
      return routines.weigh(tables, bytes, tables + bytes, top, scale)
    },
  }
  made.set(vocab, exponentials)
  return exponentials
}
