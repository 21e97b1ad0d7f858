import { expect, test } from 'vitest'
import { detailedBalance } from './detailed-balance.ts'
import { forwardLookingDetailedBalance } from './forward-looking-detailed-balance.ts'
import { modifiedDetailedBalance } from './modified-detailed-balance.ts'
import { modifiedSubTrajectoryBalance } from './modified-sub-trajectory-balance.ts'
import { subTrajectoryBalance } from './sub-trajectory-balance.ts'

const LOSSES = Object.entries({
  detailedBalance,
  forwardLookingDetailedBalance,
  modifiedDetailedBalance,
  modifiedSubTrajectoryBalance,
  subTrajectoryBalance,
})

test.each(LOSSES)('%s says of an option that it has not which there are', (name, loss) => {
  expect(() => loss({ normalization: 'within' } as object)).toThrow(
    new RegExp(`^${name}: there is no option normalization, only .*regression`),
  )
  expect(() => loss({ regression: undefined } as object)).not.toThrow()
})

test.each(LOSSES)('%s takes no other word for how it normalises', (name, loss) => {
  const option = /subTrajectory/i.test(name) ? 'weighting' : 'normalisation'
  expect(() => loss({ [option]: 'geometrical' } as object)).toThrow(
    new RegExp(`^${name}: ${option} must be one of pooled, within.*, found geometrical$`),
  )
  expect(() => loss({ [option]: null } as object)).toThrow('found null')
})

test.each(LOSSES.filter(([name]) => name.startsWith('modified')))(
  '%s takes no other word for its exit',
  (name, loss) => {
    expect(() => loss({ exit: 'count' } as object)).toThrow(
      `${name}: exit must be one of leftOut, counted, found count`,
    )
  },
)
