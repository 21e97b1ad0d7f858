import {
  type Estimator,
  type Grouped,
  type Sampled,
  type TokenEstimator,
  bounded,
  densityRatio,
  effectiveSampleSize,
  importanceRatio,
  masked,
  selfNormalisedRatio,
  tokenImportanceRatio,
  truncated,
} from '@gfnlm/reweighter'
import { type Comparison, inFloat32 } from '../comparison.ts'
import type { Formula } from '../formula.ts'
import { type Json, matrix, number, numbers } from '../json.ts'

/** Every key of `expected` beside what the library gives under it; one that it has nothing for is an error. */
const byKey = (
  expected: Readonly<Record<string, Json>>,
  found: Readonly<Record<string, () => ArrayLike<number>>>,
): readonly Comparison[] =>
  Object.entries(expected).map(([key, reference]) => {
    if (found[key] === undefined) throw new Error(`${key}: nothing to compare it with`)
    return inFloat32(key, found[key](), reference)
  })

/** Completions of one prompt with these log-probabilities; where the mask is 0 both policies agree. */
const sampled = (
  target: readonly (readonly number[])[],
  behaviour: readonly (readonly number[])[],
  mask: readonly (readonly number[])[],
): Sampled & Grouped => {
  const width = target[0].length
  const cells = (table: typeof target): Float32Array =>
    Float32Array.from(table.flatMap((row, r) => row.map((x, t) => (mask[r][t] === 0 ? 0 : x))))
  return {
    rows: target.length,
    width,
    keep: new Uint8Array(target.length).fill(1),
    length: Int32Array.from(mask, (row) => row.lastIndexOf(1)),
    logPF: cells(target),
    logBehaviour: cells(behaviour),
    group: new Int32Array(target.length),
    prompts: [{ id: 'one', text: '', tokens: Int32Array.of(), row: {} }],
  }
}

const limit = (json: Json | undefined): number | undefined => (typeof json === 'number' ? json : undefined)

/** Ratios of tokens and of sequences, cut or masked outside of their limits. */
export const importanceWeights: Formula = ({ inputs, hyper, expected }) => {
  const batch = sampled(matrix(inputs.target_logps), matrix(inputs.behaviour_logps), matrix(inputs.mask))
  const [min, max] = [limit(hyper.clip_min), limit(hyper.clip_max)]
  const limits = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
  const tokens: TokenEstimator<Sampled> = tokenImportanceRatio()
  const sequence: Estimator<Sampled> = importanceRatio()
  const found = {
    token_ratio: () => tokens(batch),
    sequence_ratio: () => sequence(batch),
    token_truncate: () => bounded(tokens, truncated(limits))(batch),
    token_mask: () => bounded(tokens, masked(limits))(batch),
    sequence_truncate: () => bounded(sequence, truncated(limits))(batch),
    sequence_mask: () => bounded(sequence, masked(limits))(batch),
  }
  return [{ part: '', comparisons: byKey(expected, found) }]
}

/** Self-normalised importance weights and their effective sample size. */
export const selfNormalisedWeights: Formula = ({ inputs, expected }) => {
  const logWeights = numbers(inputs.log_weights).map((x) => [x])
  const batch = sampled(
    logWeights,
    logWeights.map(() => [0]),
    logWeights.map(() => [1]),
  )
  const weights = importanceRatio()(batch)
  const clip = Object.keys(expected).find((key) => key.startsWith('clipped_at_')) ?? 'clipped_at_Infinity'
  const found = {
    weights: () => weights,
    self_normalised_mean1: () => selfNormalisedRatio()(batch),
    ess: () => [effectiveSampleSize(weights)],
    [clip]: () => bounded(importanceRatio(), truncated({ max: Number(clip.slice('clipped_at_'.length)) }))(batch),
  }
  return [{ part: '', comparisons: byKey(expected, found) }]
}

/** BCO's density ratio by a classifier. */
export const densityWeights: Formula = ({ inputs, hyper, expected }) => {
  const p = numbers(inputs.prob_desirable)
  const limits = { min: number(hyper.min_density_ratio), max: number(hyper.max_density_ratio) }
  const batch = { rows: p.length, keep: new Uint8Array(p.length).fill(1) }
  const weight = () =>
    bounded(
      densityRatio(() => p),
      truncated(limits),
    )(batch)
  return [{ part: '', comparisons: byKey(expected, { weight }) }]
}
