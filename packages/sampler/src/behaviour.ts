import { type TokenMDP, logSumExp, sizedShift } from '@gfnlm/env'
import { type Drawn, draw } from './draw.ts'
import { type Exponentials, exponentialsOf } from './exponentials.ts'
import type { Exploration } from './exploration.ts'
import { keepMinP, keepTopK, keepTopP } from './truncation.ts'

/** [vocab] next-token logits of one state. */
export type LogitRow = Float32Array | Float64Array

/** Ids that end a completion: one action, which the terminator stands for. */
const endsOf = ({ terminator, ends = [] }: TokenMDP): readonly number[] => [terminator, ...ends]

/** The shift that was laid beside the scores last. */
const laid = new WeakMap<Exponentials, Float32Array | null>()

/** Lays logits and shift out, with an end that comes too early at −∞, and gives the largest of their sums. */
const layOut = (room: Exponentials, logits: LogitRow, mdp: TokenMDP, t: number): number => {
  const { logitShift: shift, minLength } = mdp
  if (laid.get(room) !== (shift ?? null)) {
    sizedShift(mdp, logits.length)
    if (shift === undefined) room.shift.fill(0)
    else room.shift.set(shift)
    laid.set(room, shift ?? null)
  }
  room.scores.set(logits)
  if (t < minLength) for (const id of endsOf(mdp)) room.scores[id] = -Infinity
  return room.largest()
}

interface Weights {
  /** [vocab] the largest weighs 1. Overwritten by the next call, whosever. */
  readonly weights: Float64Array
  readonly total: number
}

/** exp((logit + shift − largest) / temperature) of every legal action; temperature 0 leaves only the likeliest. */
const weigh = (logits: LogitRow, mdp: TokenMDP, t: number, temperature: number): Weights => {
  const room = exponentialsOf(logits.length)
  const largest = layOut(room, logits, mdp, t)
  if (!Number.isFinite(largest))
    throw new RangeError(`the largest logit of a legal action is ${largest}: the model diverged or masks everything`)
  const weights = room.scores
  const total = room.weigh(largest, temperature > 0 ? 1 / temperature : 1)
  if (Number.isNaN(total))
    throw new RangeError('a logit is NaN: the model diverged, or its vocabulary is not that of the mask')
  if (temperature > 0) return { weights, total }
  const likeliest = weights.indexOf(1)
  weights.fill(0)
  weights[likeliest] = 1
  return { weights, total: 1 }
}

const sum = (weights: Float64Array): number => {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]
  return total
}

const truncated = (given: Weights, { topK, topP, minP }: Exploration): Weights => {
  if (topK === undefined && topP === undefined && minP === undefined) return given
  const { weights } = given
  if (topK !== undefined) keepTopK(weights, topK)
  if (topP !== undefined) keepTopP(weights, topP)
  if (minP !== undefined) keepMinP(weights, minP)
  return { weights, total: sum(weights) }
}

/** Weights with the terminator's that of all ids which end a completion. */
const joined = (given: Weights, { terminator, ends = [] }: TokenMDP): Weights => {
  const { weights } = given
  for (const id of ends) {
    weights[terminator] += weights[id]
    weights[id] = 0
  }
  return given
}

/** What is drawn from, but for ε. */
const shaped = (logits: LogitRow, mdp: TokenMDP, t: number, exploration: Exploration): Weights =>
  joined(truncated(weigh(logits, mdp, t, exploration.temperature), exploration), mdp)

const mixUniform = (probabilities: Float64Array, mdp: TokenMDP, t: number, epsilon: number): void => {
  const { logitShift: shift, ends = [], minLength } = mdp
  const closed = t < minLength ? endsOf(mdp) : ends
  const legal = (i: number): boolean => shift === undefined || shift[i] > -Infinity
  let count = -closed.filter(legal).length
  for (let i = 0; i < probabilities.length; i++) if (legal(i)) count++
  for (let i = 0; i < probabilities.length; i++)
    probabilities[i] = (1 - epsilon) * probabilities[i] + (legal(i) ? epsilon / count : 0)
  for (const id of closed) probabilities[id] = 0
}

/** Probabilities [vocab] of every action, overwritten by the next call. */
const distribution = (logits: LogitRow, mdp: TokenMDP, t: number, exploration: Exploration): Float64Array => {
  const { weights, total } = shaped(logits, mdp, t, exploration)
  const scale = 1 / total
  for (let i = 0; i < weights.length; i++) weights[i] *= scale
  const { epsilon } = exploration
  if (epsilon !== undefined && epsilon > 0) mixUniform(weights, mdp, t, epsilon)
  return weights
}

/**
 * The distribution that the sampler draws the action of step t from.
 *
 *   π_b(a | s_t) = (1 − ε) · truncate(softmax((logits + shift) / T)) + ε / |legal actions|
 *
 * The terminator is forbidden while t < minLength and is the only action from t = maxLength on, whichever the
 * leaf. The shift goes in before the division by T, so a penalty of −99 is one of −49.5 at T = 2. An action with
 * a finite penalty counts as legal for ε. Temperature and truncation see every id that ends a completion by itself, and
 * the terminator gets what is left of all of them: `generate` of transformers ends as often. Only the behaviour is
 * shaped here: what a loss sees is `learnedLogProb`.
 *
 * @param logits [vocab] a row of next-token logits; a subarray of a batch will do
 * @param out    [vocab] overwritten and returned
 * @returns probabilities [vocab], summing to 1
 * @throws RangeError when no legal action has a finite logit, a logit is NaN, or the mask is not as long as they are
 */
export const behaviour = (
  logits: LogitRow,
  mdp: TokenMDP,
  t: number,
  exploration: Exploration,
  out: Float64Array,
): Float64Array => {
  if (t < mdp.maxLength) out.set(distribution(logits, mdp, t, exploration))
  else {
    out.fill(0)
    out[mdp.terminator] = 1
  }
  return out
}

/** An action drawn from `behaviour`: the same as `draw` gives of it, without writing all of it down. */
export const drawAction = (logits: LogitRow, mdp: TokenMDP, t: number, exploration: Exploration, u: number): Drawn => {
  if (t >= mdp.maxLength) return { token: mdp.terminator, logProb: 0 }
  const { epsilon = 0 } = exploration
  if (epsilon > 0) return draw(distribution(logits, mdp, t, exploration), u)
  const { weights, total } = shaped(logits, mdp, t, exploration)
  return draw(weights, u, 1 / total)
}

/**
 * log P_F(token | s_t) of the learned policy, nats: log-softmax of logits + shift with the terminator masked while
 * t < minLength, and of all ids that end a completion where it is not; no temperature, no truncation, no ε. At t = maxLength a forced leaf gives the terminator
 * log-probability 0 and every other token −∞; a free leaf leaves both to the model.
 *
 * The host-side counterpart of what the losses compute on the device: for checks and for scoring.
 */
export const learnedLogProb = (logits: LogitRow, mdp: TokenMDP, t: number, token: number): number => {
  if (t >= mdp.maxLength && mdp.leaf === 'forced') return token === mdp.terminator ? 0 : -Infinity
  const { terminator, ends = [], minLength, logitShift } = mdp
  if (ends.includes(token) || (token === terminator && t < minLength)) return -Infinity
  const room = exponentialsOf(logits.length)
  const largest = layOut(room, logits, mdp, t)
  const total = room.weigh(largest, 1)
  const score = (id: number): number => logits[id] + (logitShift?.[id] ?? 0)
  const taken = token === terminator ? logSumExp(endsOf(mdp).map(score)) : score(token)
  return taken - largest - Math.log(total)
}
