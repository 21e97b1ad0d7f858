import { type Key, type Prompt, type TokenMDP, type Trajectories, fold, keyOf, uniform } from '@gfnlm/env'
import { drawAction, learnedLogProb } from './behaviour.ts'
import { breather } from './breather.ts'
import type { Decoding } from './decoding.ts'
import type { Exploration, Explore } from './exploration.ts'

/** The completions of one rollout, row-major, `maxLength + 1` columns. */
export type Completions = Pick<Trajectories, 'tokens' | 'length' | 'logPF' | 'logBehaviour'>

/** Whether what is drawn from is the learned policy itself: log P_F is then known already. */
const isPlain = ({ temperature, topK, topP, minP, epsilon = 0 }: Exploration): boolean =>
  temperature === 1 && topK === undefined && topP === undefined && minP === undefined && epsilon === 0

/**
 * Draws completions token by token until every row has ended; a row that ends leaves its slot to one that waits. The
 * draw of row r at step t depends on the row's key and t alone, so neither batch size nor the other rows change it.
 *
 * @param decoding rows at their prompts; it is closed at the end, also after an error
 * @param keys     one a row: its exploration and its draws come from it
 */
export const rollout = async (
  decoding: Decoding,
  mdp: TokenMDP,
  keys: readonly Key[],
  explore: Explore,
): Promise<Completions> => {
  const rows = keys.length
  const width = mdp.maxLength + 1
  const tokens = new Int32Array(rows * width)
  const length = new Int32Array(rows).fill(-1)
  const logPF = new Float32Array(rows * width).fill(NaN)
  const logBehaviour = new Float32Array(rows * width).fill(NaN)
  const vocab = decoding.logits.length / decoding.rows.length
  const chosen = new Int32Array(rows)
  const steps = new Int32Array(rows)
  let at = decoding
  try {
    const draws = keys.map((key) => fold(key, 'draw'))
    const ways = keys.map((key) => explore(fold(key, 'explore')))
    /** Draws what a row does next. */
    const act = (row: number, logits: Float32Array): void => {
      const t = steps[row]++
      const { token, logProb } = drawAction(logits, mdp, t, ways[row]!, uniform(draws[row]!, t))
      const cell = row * width + t
      tokens[cell] = token
      logBehaviour[cell] = logProb
      // As learned, but for the forced stop that a free leaf does not count.
      const learned = isPlain(ways[row]!) && (t < mdp.maxLength || mdp.leaf === 'forced')
      logPF[cell] = learned ? logProb : learnedLogProb(logits, mdp, t, token)
      chosen[row] = token
      if (token === mdp.terminator) length[row] = t
      // The logits after the last token are read by nobody when the stop is forced.
      else if (t + 1 === mdp.maxLength && mdp.leaf === 'forced') act(row, logits)
    }
    const slotsOf = (meant: (row: number) => boolean): number[] =>
      [...at.rows.keys()].filter((slot) => at.rows[slot]! >= 0 && meant(at.rows[slot]!))
    let acting = slotsOf(() => true)
    while (acting.length > 0) {
      const breathe = breather()
      for (const slot of acting) {
        const pause = breathe()
        if (pause !== undefined) await pause
        act(at.rows[slot]!, at.logits.subarray(slot * vocab, (slot + 1) * vocab))
      }
      const ended = slotsOf((row) => length[row]! >= 0)
      if (ended.length > 0) {
        at = await at.refill(ended)
        acting = slotsOf((row) => steps[row] === 0)
        if (acting.length > 0) continue
      }
      if (at.rows.every((row) => row < 0)) break
      at = await at.next(Int32Array.from(at.rows, (row) => (row < 0 ? 0 : chosen[row]!)))
      acting = slotsOf(() => true)
    }
  } finally {
    await at.close()
  }
  return { tokens, length, logPF, logBehaviour }
}

/**
 * The key of a row of a step: seed, step, prompt and the number of its completion among all of that prompt, never the
 * row's place in a batch.
 */
export const rowKeys = (seed: number, step: number, prompts: readonly Prompt[], perPrompt: number): Key[] => {
  const drawn = new Map<string, number>()
  return prompts.flatMap(({ id }) => {
    const first = drawn.get(id) ?? 0
    drawn.set(id, first + perPrompt)
    return Array.from({ length: perPrompt }, (_, i) => fold(keyOf(seed), 'sample', step, id, first + i))
  })
}
