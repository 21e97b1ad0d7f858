import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { type Sharing, sequenceMean, tokenMean } from '../sharing.ts'
import { type Tokens, alongSteps, perRowMean, perRowSum } from './tokens.ts'

/** exp(20) ≈ 5e8: past it a ratio says nothing more, and its products stay far from what fp32 cannot hold. */
const LARGEST_LOG_RATIO = 20

/** What a token's importance ratio π / π_old is taken over: a logarithm for each token, alike within what it is of. */
export interface Level {
  /** [rows, steps] log of the ratio, nats; 0 where no token counts */
  readonly logWeight: (tokens: Tokens) => tf.Tensor2D
  /** How its statistics are averaged: over tokens, or over completions. */
  readonly averaged: Sharing
  /** [rows, steps] all that is ruled out where tokens are: 1 or 0 of 1 or 0. */
  readonly lost: (tokens: tf.Tensor2D) => tf.Tensor2D
}

/** ρ_t = π(y_t) / π_old(y_t): PPO, GRPO. */
export const tokenRatio: Level = {
  logWeight: ({ logRatio }) => logRatio,
  averaged: tokenMean,
  lost: (tokens) => tokens,
}

/** A ratio that all tokens of a completion are in: one of them that is ruled out rules out all. */
const ofCompletion = (logWeight: Level['logWeight']): Level => ({
  logWeight,
  averaged: sequenceMean,
  lost: (tokens) => alongSteps(tf.max<tf.Tensor2D>(tokens, 1, true), tokens.shape[1]),
})

const meanLogRatio = (tokens: Tokens): tf.Tensor2D => alongSteps(perRowMean(tokens.logRatio, tokens), tokens.steps)

/** s = (Π_t ρ_t)^{1/|y|}, the geometric mean of a completion's ratios: GSPO. */
export const sequenceRatio: Level = ofCompletion(meanLogRatio)

/** s of the completion as a number, times ρ_t / sg(ρ_t): a ratio of sequences whose gradient is each token's own. */
export const sequenceTokenRatio: Level = ofCompletion((tokens) => {
  const { logProb } = tokens
  return tf.add(detach(meanLogRatio(tokens)), tf.sub(logProb, detach(logProb)))
})

/** W = Π_t ρ_t, the ratio of the completion's probabilities: RLOO, VESPO. */
export const productRatio: Level = ofCompletion(({ logRatio, steps }) => alongSteps(perRowSum(logRatio), steps))

/** exp of a log-ratio clamped to ±20. */
export const ratioOf = (logWeight: tf.Tensor2D): tf.Tensor2D =>
  tf.exp(tf.clipByValue(logWeight, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO))
