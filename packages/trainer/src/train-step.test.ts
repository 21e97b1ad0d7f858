import { isFault } from '@gfnlm/env'
import { hostScalar } from '@gfnlm/jit'
import { expect, test } from 'vitest'
import { sgd } from './optimizer/sgd.ts'
import { constant } from './schedule.ts'
import { quadratic, twoNumbers } from './testing/quadratic.ts'
import { trainStep } from './train-step.ts'
import { trainer } from './trainer.ts'

const still = { ...quadratic(), parameters: { z: hostScalar(0) } }

test('one step of gradient descent on a parabola, by hand', async () => {
  const { initial, step, trainable } = trainStep(twoNumbers(1, 2), {
    task: quadratic(),
    optimizer: sgd(),
    learningRate: constant(0.5),
  })
  const { state, metrics } = await step(initial, [3, 2])
  // w − ½ (w − batch); ½ (4 + 0 + 1); the gradient is (−2, 0, 1)
  expect([...trainable(state)['w']!.data]).toEqual([2, 2])
  expect(metrics).toEqual({ loss: 2.5, grad_norm: Math.fround(Math.sqrt(5)), learning_rate: 0.5, 'objective/z': 1 })
  expect(state.step).toBe(1)
  // The state it started from is as it was: steps are functions of values.
  expect([...trainable(initial)['w']!.data]).toEqual([1, 2])
})

test("the learning rate is that of the state's step", async () => {
  const { initial, step } = trainStep(twoNumbers(0, 0), { task: still, optimizer: sgd(), learningRate: (s) => 2 ** -s })
  const rates = [0, 3].map(async (at) => (await step({ ...initial, step: at }, [0, 0])).metrics['learning_rate'])
  expect(await Promise.all(rates)).toEqual([1, 0.125])
})

test('a gradient beyond the limit is scaled down to it, one below is left alone', async () => {
  // torch.nn.utils.clip_grad_norm_ on (3, −4) with 1 gives (0.6, −0.8) and the norm before it, 5.
  const { initial, step, trainable } = trainStep(twoNumbers(3, -4), {
    task: still,
    optimizer: sgd(),
    learningRate: constant(1),
    clipNorm: 1,
  })
  const { state, metrics } = await step(initial, [0, 0])
  const [a, b] = trainable(state)['w']!.data
  expect(a).toBeCloseTo(2.4, 5)
  expect(b).toBeCloseTo(-3.2, 5)
  expect(metrics['grad_norm']).toBe(5)
  const small = await step(initial, [2.7, -3.6])
  expect(trainable(small.state)['w']!.data[0]).toBeCloseTo(2.7, 6)
})

test("the task's own parameters learn at their own rate", async () => {
  const { initial, step, trainable } = trainStep(twoNumbers(1, 1), {
    task: quadratic(5),
    optimizer: sgd(),
    learningRate: constant(0.125),
  })
  const { state } = await step(initial, [0, 0])
  expect([...trainable(state)['w']!.data]).toEqual([0.875, 0.875])
  const { metrics } = await step(state, [0, 0])
  expect(metrics['objective/z']).toBe(1 - 5 * 0.125)
})

test('a loss that is not a number is a fault that names step and numbers; the state stays', async () => {
  const learner = trainer(twoNumbers(1, 2), { task: quadratic(), learningRate: constant(0.1) })
  await learner.update([0, 0])
  const before = learner.state()
  const failure: unknown = await learner.update([NaN, 0]).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(isFault(failure) && failure._tag).toBe('LossNotFinite')
  expect((failure as Error).message).toMatch(/step 1: the loss is NaN/)
  expect(learner.state()).toBe(before)
  // And goes on from there.
  await learner.update([0, 0])
  expect(learner.state().step).toBe(2)
})

test('where neither policy nor task has parameters it is told what to do', () => {
  const start = (): unknown =>
    trainStep(
      { ...twoNumbers(0, 0), trainable: {} },
      { task: { ...quadratic(), parameters: {} }, learningRate: constant(1) },
    )
  expect(start).toThrowError(expect.objectContaining({ _tag: 'NothingToTrain', fix: expect.stringContaining('lora') }))
})

test('moments are part of the state: a restored one takes the same next step', async () => {
  const options = { task: quadratic(), learningRate: constant(0.1) }
  const whole = trainer(twoNumbers(1, 2), options)
  await whole.update([3, 3])
  const kept = whole.state()
  await whole.update([0, 5])
  const resumed = trainer(twoNumbers(9, 9), options)
  resumed.restore(kept)
  await resumed.update([0, 5])
  expect(resumed.state()).toEqual(whole.state())
})

test('a state whose moments are of another size is refused', () => {
  const one = trainer(twoNumbers(1, 2), { task: quadratic(), learningRate: constant(0.1) })
  const { moments, ...state } = one.state()
  expect(() => one.restore({ ...state, moments: { ...moments, v: new Float32Array(2) } })).toThrowError(
    expect.objectContaining({ _tag: 'StateMismatch', message: expect.stringContaining('m of 3, v of 2') }),
  )
})

test('a state of another optimizer or size is refused', async () => {
  const options = { task: quadratic(), learningRate: constant(0.1) }
  const other = trainer(twoNumbers(1, 2), { ...options, optimizer: sgd() })
  expect(() => trainer(twoNumbers(1, 2), options).restore(other.state())).toThrowError(
    expect.objectContaining({
      _tag: 'StateMismatch',
      message: expect.stringMatching(/3 numbers with moments none, .* 3 numbers with moments m of 3, v of 3/),
    }),
  )
})

test.each([NaN, Infinity, -0.1])(
  'a learning rate of %s is a fault that names the step; the state stays',
  async (rate) => {
    const learner = trainer(twoNumbers(1, 2), { task: quadratic(), learningRate: (step) => (step === 0 ? 0.1 : rate) })
    await learner.update([0, 0])
    const before = learner.state()
    await expect(learner.update([0, 0])).rejects.toMatchObject({
      _tag: 'LearningRateInvalid',
      message: expect.stringContaining(`step 1: the learning rate is ${rate}`),
    })
    expect(learner.state()).toBe(before)
  },
)

test.each([0, -1, NaN])('a limit of %s for the gradient is refused', (clipNorm) => {
  expect(() => trainStep(twoNumbers(1, 2), { task: quadratic(), learningRate: constant(1), clipNorm })).toThrow(
    `trainStep: clipNorm must be above 0, found ${clipNorm}`,
  )
})
