import { expect, test } from 'vitest'
import { follow } from '../testing/follow.ts'
import { adamw } from './adamw.ts'

// torch 1.13, float64:
//   p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
//   o = torch.optim.AdamW([p], lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=WD)
//   for g in GRADIENTS: p.grad = torch.tensor(g, dtype=torch.float64); o.step(); print(p.tolist())
const START = [0.5, -1.25, 2.0, 0.0]
const GRADIENTS = [
  [0.1, -0.2, 0.3, 0.0],
  [1.0, 0.5, -0.25, 1e-3],
  [-0.05, 0.0, 4.0, -2e-3],
  [0.2, 0.2, 0.2, 0.0],
]

test.each([
  [
    0,
    [
      [0.490000099999, -1.24000004999975, 1.9900000333332222, 0.0],
      [0.4819470640193147, -1.2444149665430024, 1.9896186587388034, -0.007414138953960671],
      [0.4760332713231797, -1.247835473348891, 1.983260394120599, -0.00428500807104619],
      [0.4701367719873427, -1.2524932116294434, 1.9777583854715786, -0.0017162834315207543],
    ],
  ],
  [
    0.1,
    [
      [0.489500099999, -1.2387500499997501, 1.9880000333332222, 0.0],
      [0.4809575639193157, -1.2419262164930027, 1.9856306587054702, -0.007414138953960671],
      [0.4745628136592614, -1.2441047970823982, 1.9772867634285605, -0.004277593932092229],
      [0.46819175150976516, -1.2475184305658682, 1.9698074680161115, -0.001704591698634701],
    ],
  ],
])('four steps with weight decay %s are those of torch.optim.AdamW', async (weightDecay, wanted) => {
  const found = await follow(adamw({ beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay }), START, GRADIENTS, 0.01)
  found.flat().forEach((x, i) => expect(Math.abs(x - wanted.flat()[i]!), `number ${i}`).toBeLessThan(5e-7))
})

test('the first step is one learning rate, whatever the size of the gradient', async () => {
  const [first] = await follow(adamw(), [0, 0, 0], [[1e-4, -1, 1e4]], 0.125)
  expect(first!.map((x) => Math.abs(x)).every((x) => Math.abs(x - 0.125) < 2e-5)).toBe(true)
})

test.each([
  ['beta1', { beta1: -0.1 }],
  ['beta2', { beta2: 1 }],
  ['beta2', { beta2: NaN }],
  ['epsilon', { epsilon: 0 }],
  ['weightDecay', { weightDecay: -0.01 }],
])('%s outside of its range is refused when the optimizer is made: %o', (name, options) => {
  expect(() => adamw(options)).toThrow(`adamw: ${name} must be`)
})
