import { type Schedule, constant, cosine, linear, warmup } from '@gfnlm/trainer'
import type { Config, Ramp } from '../config/config.ts'

const SHAPES = { linear, cosine } as const

/** A number, or a ramp over the steps of the run. */
export const temperatureOf = (given: number | Ramp, steps: number): Schedule =>
  typeof given === 'number' ? constant(given) : SHAPES[given.shape](given.from, given.to, given.steps ?? steps)

/** The learning rate of every step. */
export const learningRateOf = ({ optimizer, steps }: Pick<Config, 'optimizer' | 'steps'>): Schedule => {
  const { schedule, learningRate, endLearningRate } = optimizer
  return warmup(
    optimizer.warmup,
    schedule === 'constant' ? constant(learningRate) : SHAPES[schedule](learningRate, endLearningRate, steps),
  )
}
