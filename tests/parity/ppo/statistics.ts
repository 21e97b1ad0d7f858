import {
  type Counted,
  maskedMean,
  maskedMeanTorchtune,
  maskedSum,
  populationVarianceTorchtune,
  sampleVarianceTorchtune,
  standardise,
  statisticByRow,
  whitenCentred,
  whitenKeepingMean,
  whitenTorchtune,
  whitenTorchtuneCentred,
} from '@gfnlm/losses'
import { number } from '../json.ts'
import type { Vector } from '../layouts.ts'
import type { Checker } from '../run-parity.ts'
import { cells, shapeOf, toldByHost } from '../told.ts'

type Statistic = (x: ArrayLike<number>, mask?: Counted) => number

const maskOf = ({ inputs: { mask } }: Vector): Counted =>
  mask === null || mask === undefined ? undefined : cells(mask)

/** A statistic of all that counts, or of each row of it (`dim: 1`). */
const statistic =
  (of: (vector: Vector) => Statistic): Checker =>
  (vector) => {
    const { inputs, expected } = vector
    const x = cells(inputs.x)
    const [, steps] = shapeOf(inputs.x)
    const [found, mask] = [of(vector), maskOf(vector)]
    const out = typeof inputs.dim === 'number' ? statisticByRow(found, x, steps, mask) : found(x, mask)
    return [{ part: '', comparisons: toldByHost(expected, { out }) }]
  }

export const mean = statistic(({ inputs: { eps } }) =>
  number(eps) === 0 ? maskedMean : (x, mask) => maskedMeanTorchtune(x, mask, number(eps)),
)
export const sum = statistic(() => maskedSum)
export const variance = statistic(({ inputs }) =>
  inputs.unbiased === true ? sampleVarianceTorchtune : populationVarianceTorchtune,
)

const whitened =
  (shifting: typeof standardise, other: typeof standardise): Checker =>
  (vector) => {
    const { inputs, expected } = vector
    const whiten = inputs.shift_mean === true ? shifting : other
    return [{ part: '', comparisons: toldByHost(expected, { out: whiten(cells(inputs.x), maskOf(vector)) }) }]
  }

export const whitenedByTorchtune = whitened(whitenTorchtune, whitenTorchtuneCentred)
export const whitenedByTRL = whitened(whitenCentred, whitenKeepingMean)

export const normalisedBySB3: Checker = ({ inputs, expected }) => [
  { part: '', comparisons: toldByHost(expected, { out: standardise(cells(inputs.advantages)) }) },
]
