import { expect, test } from 'vitest'
import { follow } from '../testing/follow.ts'
import { sgd } from './sgd.ts'

// As in adamw.test.ts, with torch.optim.SGD([p], lr=0.01, momentum=M): parameters after the last gradient.
const START = [0.5, -1.25, 2.0, 0.0]
const GRADIENTS = [
  [0.1, -0.2, 0.3, 0.0],
  [1.0, 0.5, -0.25, 1e-3],
  [-0.05, 0.0, 4.0, -2e-3],
  [0.2, 0.2, 0.2, 0.0],
]

test.each([
  [0, [0.4875, -1.255, 1.9575, 1e-5]],
  [0.9, [0.468411, -1.258672, 1.918458, 1.09e-5]],
])('four steps with momentum %s are those of torch.optim.SGD', async (momentum, wanted) => {
  const found = (await follow(sgd({ momentum }), START, GRADIENTS, 0.01)).at(-1)!
  found.forEach((x, i) => expect(Math.abs(x - wanted[i]!), `number ${i}`).toBeLessThan(5e-7))
})

test.each([-0.1, 1, NaN])('momentum %s is refused when the optimizer is made', (momentum) => {
  expect(() => sgd({ momentum })).toThrow('sgd: momentum must be')
})
