import type { TokenMDP } from '@gfnlm/env'
import { expBelow } from './exp-below.ts'
import type { Exploration } from './exploration.ts'
import { keepMinP, keepTopK, keepTopP } from './truncation.ts'

/** [vocab] next-token logits of one state. */
export type LogitRow = Float32Array | Float64Array

/** The action that the minimum length forbids at step t; -1: none. */
const forbiddenAt = (mdp: TokenMDP, t: number): number => (t < mdp.minLength ? mdp.terminator : -1)

const largestLogit = (logits: LogitRow, shift: Float32Array | undefined, forbidden: number): number => {
  let largest = -Infinity
  for (let i = 0; i < logits.length; i++) {
    if (i === forbidden) continue
    const logit = shift === undefined ? logits[i] : logits[i] + shift[i]
    if (logit > largest) largest = logit
  }
  return largest
}

/**
 * out[i] = exp((logit_i − largest) / temperature), so that the largest weight is 1; temperature 0 leaves only that
 * one. Returns the sum of the weights.
 */
const weigh = (
  logits: LogitRow,
  shift: Float32Array | undefined,
  forbidden: number,
  temperature: number,
  out: Float64Array,
): number => {
  const largest = largestLogit(logits, shift, forbidden)
  if (!Number.isFinite(largest))
    throw new RangeError(`the largest logit of a legal action is ${largest}: the model diverged or masks everything`)
  const scale = temperature > 0 ? 1 / temperature : 1
  let total = 0
  for (let i = 0; i < logits.length; i++) {
    const logit = shift === undefined ? logits[i] : logits[i] + shift[i]
    out[i] = i === forbidden ? 0 : expBelow((logit - largest) * scale)
    total += out[i]
  }
  if (Number.isNaN(total))
    throw new RangeError('a logit is NaN: the model diverged, or its vocabulary is not that of the mask')
  if (temperature > 0) return total
  const likeliest = out.indexOf(1)
  out.fill(0)
  out[likeliest] = 1
  return 1
}

const sum = (weights: Float64Array): number => {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]
  return total
}

const mixUniform = (
  probabilities: Float64Array,
  shift: Float32Array | undefined,
  forbidden: number,
  epsilon: number,
): void => {
  const legal = (i: number): boolean => i !== forbidden && (shift === undefined || shift[i] > -Infinity)
  let count = 0
  for (let i = 0; i < probabilities.length; i++) if (legal(i)) count++
  for (let i = 0; i < probabilities.length; i++)
    probabilities[i] = (1 - epsilon) * probabilities[i] + (legal(i) ? epsilon / count : 0)
}

/**
 * The distribution that the sampler draws the action of step t from.
 *
 *   π_b(a | s_t) = (1 − ε) · truncate(softmax((logits + shift) / T)) + ε / |legal actions|
 *
 * The terminator is forbidden while t < minLength and is the only action from t = maxLength on, whichever the
 * leaf. The shift goes in before the division by T, so a penalty of −99 is one of −49.5 at T = 2. An action with
 * a finite penalty counts as legal for ε. Only the behaviour is shaped here: what a loss sees is `learnedLogProb`.
 *
 * @param logits [vocab] a row of next-token logits; a subarray of a batch will do
 * @param out    [vocab] overwritten and returned; nothing else is allocated unless top-k or top-p is asked for
 * @returns probabilities [vocab], summing to 1
 * @throws RangeError when no legal action has a finite logit, or a logit is NaN
 */
export const behaviour = (
  logits: LogitRow,
  mdp: TokenMDP,
  t: number,
  { temperature, topK, topP, minP, epsilon }: Exploration,
  out: Float64Array,
): Float64Array => {
  if (t >= mdp.maxLength) {
    out.fill(0)
    out[mdp.terminator] = 1
    return out
  }
  const forbidden = forbiddenAt(mdp, t)
  let total = weigh(logits, mdp.logitShift, forbidden, temperature, out)
  if (topK !== undefined) keepTopK(out, topK)
  if (topP !== undefined) keepTopP(out, topP)
  if (minP !== undefined) keepMinP(out, minP)
  if (topK !== undefined || topP !== undefined || minP !== undefined) total = sum(out)
  const scale = 1 / total
  for (let i = 0; i < out.length; i++) out[i] *= scale
  if (epsilon !== undefined && epsilon > 0) mixUniform(out, mdp.logitShift, forbidden, epsilon)
  return out
}

/**
 * log P_F(token | s_t) of the learned policy, nats: log-softmax of logits + shift with the terminator masked while
 * t < minLength; no temperature, no truncation, no ε. At t = maxLength a forced leaf gives the terminator
 * log-probability 0 and every other token −∞; a free leaf leaves both to the model.
 *
 * The host-side counterpart of what the losses compute on the device: for checks and for scoring.
 */
export const learnedLogProb = (logits: LogitRow, mdp: TokenMDP, t: number, token: number): number => {
  if (t >= mdp.maxLength && mdp.leaf === 'forced') return token === mdp.terminator ? 0 : -Infinity
  const forbidden = forbiddenAt(mdp, t)
  if (token === forbidden) return -Infinity
  const shift = mdp.logitShift
  const shifted = (i: number): number => (shift === undefined ? logits[i] : logits[i] + shift[i])
  const largest = largestLogit(logits, shift, forbidden)
  let total = 0
  for (let i = 0; i < logits.length; i++) if (i !== forbidden) total += expBelow(shifted(i) - largest)
  return shifted(token) - largest - Math.log(total)
}
