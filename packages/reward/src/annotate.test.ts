import { type Annotated, type Fault, type Trajectories, fault, isFault, tokenMDP } from '@gfnlm/env'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { Observable, Subject, from, lastValueFrom, map, toArray } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { expect, test } from 'vitest'
import { annotate, annotateBatch } from './annotate.ts'
import type { Reward } from './reward.ts'
import { promptOf, trajectoriesOf } from './testing/trajectories-of.ts'

const mdp = tokenMDP({ terminator: 9, maxLength: 2 })
const batchAt = (step: number): Trajectories => trajectoriesOf(mdp, [promptOf('p', [1])], [[[1], [], [1, 2]]], { step })

/** Rewards of the rows' ends, by the rows. */
const ends =
  (rewards: readonly number[]): Reward =>
  ({ rows, width, length }) =>
    TE.right({
      logReward: Float32Array.from({ length: rows * width }, (_, cell) =>
        cell % width === length[Math.floor(cell / width)] ? rewards[Math.floor(cell / width)]! : NaN,
      ),
    })

const faultOf = (promise: Promise<unknown>): Promise<Fault> =>
  promise.then(
    () => {
      throw new Error('expected a fault')
    },
    (cause: unknown) => {
      if (isFault(cause)) return cause
      throw cause
    },
  )

test.each([
  ['NaN', NaN],
  ['-inf', -Infinity],
  ['inf', Infinity],
])('a row whose reward is %s is kept out, the others stay', async (_, bad) => {
  const { keep, logReward } = await annotateBatch(ends([-1, bad, -3]))(batchAt(0))
  expect([...keep]).toEqual([1, 0, 1])
  expect(logReward[1]).toBe(-1)
})

test('a reward that judges no row ends the run and says at which step', async () => {
  const { _tag, message, fix } = await faultOf(annotateBatch(ends([NaN, NaN, NaN]))(batchAt(7)))
  expect(_tag).toBe('RewardFailed')
  expect(message).toMatch(/^step 7: the reward failed on all 3 rows/)
  expect(fix).toMatch(/checkpoint is whole/)
})

test.each([3, 10])('a reward of %i numbers for 3 completions of 3 states is told by its shape', async (size) => {
  const { _tag, message } = await faultOf(
    annotateBatch(() => TE.right({ logReward: new Float32Array(size) }))(batchAt(0)),
  )
  expect(_tag).toBe('RewardShape')
  expect(message).toContain(`gave ${size} numbers for 3 completions of 3 states, and 9 are needed`)
})

test('a reward that is a Left ends the run with that fault', async () => {
  const gone = fault('ServiceGone', 'no answer', 'start it')
  expect(await faultOf(annotateBatch(() => TE.left(gone))(batchAt(0)))).toBe(gone)
})

test('the reward temperature is that of the step', async () => {
  const steps$ = from([0, 1, 2]).pipe(
    map(batchAt),
    annotate(ends([-1, -2, -3]), { temperature: (step) => 1 - step / 10 }),
  )
  const annotated = await lastValueFrom(steps$.pipe(toArray()))
  expect(annotated.map((batch) => batch.rewardTemperature)).toEqual([1, 0.9, 0.8])
  // Rewards themselves are stored untempered.
  expect(annotated.map(({ logReward }) => logReward[1])).toEqual([-1, -1, -1])
})

test.each([0, -1, NaN, Infinity])('a reward temperature of %d ends the run at its step, unasked', async (bad) => {
  let asked = 0
  const counted: Reward = (batch) => (asked++, ends([-1, -2, -3])(batch))
  const temperature = (step: number): number => (step < 5 ? 1 : bad)
  expect((await annotateBatch(counted, { temperature })(batchAt(4))).rewardTemperature).toBe(1)
  const { _tag, message } = await faultOf(annotateBatch(counted, { temperature })(batchAt(5)))
  expect([_tag, asked]).toEqual(['RewardTemperature', 1])
  expect(message).toMatch(`step 5: the reward temperature is ${bad}`)
})

test('errors and completion pass through, and the source is let go of', () =>
  new TestScheduler((found, wanted) => expect(found).toEqual(wanted)).run(
    ({ cold, expectObservable, expectSubscriptions }) => {
      const none = cold<Trajectories>('--|')
      expectObservable(none.pipe(annotate(ends([])))).toBe('--|')
      expectSubscriptions(none.subscriptions).toBe('^-!')
      const broken = cold<Trajectories>('--#')
      expectObservable(broken.pipe(annotate(ends([])))).toBe('--#')
      expectSubscriptions(broken.subscriptions).toBe('^-!')
      const endless = cold<Trajectories>('-----')
      expectObservable(endless.pipe(annotate(ends([]))), '^--!').toBe('----')
      expectSubscriptions(endless.subscriptions).toBe('^--!')
    },
  ))

test('batches are judged one at a time, in order; after unsubscribing nothing more is judged or emitted', async () => {
  const asked: number[] = []
  const answers: (() => void)[] = []
  const slow: Reward = (batch) => {
    asked.push(batch.step)
    return () => new Promise((resolve) => answers.push(() => void ends([-1, -2, -3])(batch)().then(resolve)))
  }
  const source = new Subject<Trajectories>()
  const seen: Annotated[] = []
  let torn = false
  const watched = new Observable<Trajectories>((out) => {
    const s = source.subscribe(out)
    return () => {
      torn = true
      s.unsubscribe()
    }
  })
  const running = watched.pipe(annotate(slow)).subscribe((batch) => seen.push(batch))
  for (const step of [0, 1, 2]) source.next(batchAt(step))
  expect(asked).toEqual([0])
  answers[0]!()
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen.map(({ step }) => step)).toEqual([0])
  expect(asked).toEqual([0, 1])
  running.unsubscribe()
  expect(torn).toBe(true)
  answers[1]!()
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toEqual([0, 1])
  expect(seen.length).toBe(1)
})
