import { type Prompt, type TokenMDP, checkCount, logSumExp, sizedShift } from '@gfnlm/env'
import type { HostTensors } from '@gfnlm/jit'
import { learnedLogProb } from './behaviour.ts'
import type { Decoder, Decoding } from './decoding.ts'

/** A completion found by beam search, without its terminator. */
export interface Beam {
  readonly tokens: Int32Array
  /** Σ log P_F of its tokens and its terminator, nats. */
  readonly logProb: number
}

interface Candidate extends Beam {
  readonly token: number
}

/** The `k` most likely. */
const best = <A extends Beam>(candidates: readonly A[], k: number): A[] =>
  [...candidates].sort((a, b) => b.logProb - a.logProb).slice(0, k)

/** The most likely continuations of each live beam by one token. */
const expansions = (
  live: readonly Beam[],
  logits: Float32Array,
  vocab: number,
  mdp: TokenMDP,
  t: number,
  keep: number,
): Candidate[] =>
  live.flatMap(({ tokens, logProb }, i) => {
    const row = logits.subarray(i * vocab, (i + 1) * vocab)
    return topIds(row, mdp, t, keep).map((token) => ({
      tokens,
      token,
      logProb: logProb + learnedLogProb(row, mdp, t, token),
    }))
  })

/** The `k` most likely legal actions of a row. */
const topIds = (row: Float32Array, mdp: TokenMDP, t: number, k: number): number[] => {
  if (t >= mdp.maxLength) return [mdp.terminator]
  const { terminator, ends = [], minLength, logitShift } = mdp
  const shifted = (id: number): number => row[id]! + (logitShift?.[id] ?? 0)
  const end = t < minLength ? -Infinity : logSumExp([terminator, ...ends].map(shifted))
  const score = (id: number): number => (id === terminator ? end : ends.includes(id) ? -Infinity : shifted(id))
  const ids = Array.from(row, (_, id) => id).filter((id) => score(id) > -Infinity)
  return ids.sort((a, b) => score(b) - score(a)).slice(0, k)
}

/**
 * Beam search for the most likely completions of one prompt: the baseline that trades diversity for likelihood.
 * Deterministic; log-probabilities are the learned policy's, masks included.
 *
 * @returns at most `beams` finished completions, the most likely first
 * @throws RangeError when `beams` is no whole number from 1, or the mask has not a number for each token
 */
export const beamSearch = async (
  decoder: Decoder,
  prompt: Prompt,
  mdp: TokenMDP,
  trainable: HostTensors | null,
  beams: number,
): Promise<Beam[]> => {
  checkCount('beamSearch', 'beams', beams)
  const finished: Beam[] = []
  let live: Beam[] = [{ tokens: new Int32Array(0), logProb: 0 }]
  // Beams change places, so every step decodes its rows anew from their tokens.
  const open = (rows: readonly Beam[]): Promise<Decoding> =>
    decoder({
      prompts: rows.map(({ tokens }) => Int32Array.of(...prompt.tokens, ...tokens)),
      group: Int32Array.from({ length: beams }, (_, i) => i),
      maxLength: 0,
      trainable,
    })
  const expanded = async (rows: readonly Beam[], t: number): Promise<Candidate[]> => {
    const decoding = await open(Array.from({ length: beams }, (_, i) => rows[Math.min(i, rows.length - 1)]!))
    try {
      const vocab = decoding.logits.length / beams
      sizedShift(mdp, vocab)
      return expansions(rows, decoding.logits, vocab, mdp, t, beams + 1)
    } finally {
      await decoding.close()
    }
  }
  for (let t = 0; t <= mdp.maxLength && live.length > 0; t++) {
    const all = await expanded(live, t)
    finished.push(...all.filter((c) => c.token === mdp.terminator).map(({ tokens, logProb }) => ({ tokens, logProb })))
    live = best(
      all.filter((c) => c.token !== mdp.terminator),
      beams,
    ).map(({ tokens, token, logProb }) => ({ tokens: Int32Array.of(...tokens, token), logProb }))
    const worst = best(finished, beams)[beams - 1]
    if (worst !== undefined && live.every((b) => b.logProb <= worst.logProb)) break
  }
  return best(finished, beams)
}
