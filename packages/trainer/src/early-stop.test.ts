import { from, lastValueFrom, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import { type EarlyStopOptions, earlyStop } from './early-stop.ts'
import type { RunEvent } from './events.ts'

const valued = (values: readonly number[]): RunEvent[] =>
  values.map((value, step) => ({ type: 'eval', step, name: 'prompts', metrics: { reward: value } }))

/** After how many values a run is stopped; undefined where it is not. */
const stoppedAfter = async (values: readonly number[], options: Omit<EarlyStopOptions, 'metric'>) => {
  const stop = new AbortController()
  const events$ = from(valued(values)).pipe(earlyStop({ metric: 'reward', ...options }, stop), toArray())
  const events = await lastValueFrom(events$)
  expect(events.filter(({ type }) => type === 'eval')).toHaveLength(values.length)
  const warning = events.find(({ type }) => type === 'warning')
  expect(stop.signal.aborted).toBe(warning !== undefined)
  return warning?.type === 'warning' ? warning.step + 1 : undefined
}

test('a metric that gets better never stops a run, whichever way better is', async () => {
  expect(await stoppedAfter([1, 2, 3, 4, 5], { mode: 'max', patience: 1 })).toBeUndefined()
  expect(await stoppedAfter([5, 4, 3, 2, 1], { mode: 'min', patience: 1 })).toBeUndefined()
})

test('it stops after as many values as patience has without a better one, and not after fewer', async () => {
  expect(await stoppedAfter([1, 3, 2, 2, 3, 9], { mode: 'max', patience: 3 })).toBe(5)
  expect(await stoppedAfter([1, 3, 2, 2, 4, 2, 2], { mode: 'max', patience: 3 })).toBeUndefined()
  expect(await stoppedAfter([5, 6, 7], { mode: 'min', patience: 2 })).toBe(3)
})

test('better by too little is not better, and a value that is not a number never is', async () => {
  expect(await stoppedAfter([1, 1.05, 1.09], { mode: 'max', patience: 2, minDelta: 0.1 })).toBe(3)
  expect(await stoppedAfter([NaN, NaN], { mode: 'max', patience: 2 })).toBe(2)
  expect(await stoppedAfter([1, NaN, 2, NaN, 3], { mode: 'max', patience: 2 })).toBeUndefined()
})

/** Evaluations of two names, and steps, that have the metric. */
const mixed = (of: readonly (readonly [source: string, value: number])[]): RunEvent[] =>
  of.map(([name, value], step) =>
    name === 'step'
      ? { type: 'step', time: 0, step, metrics: { reward: value } }
      : { type: 'eval', step, name, metrics: { reward: value } },
  )

test('what steps say, and evaluations of each name, are series of their own', async () => {
  const stopped = async (of: Parameters<typeof mixed>[0]): Promise<boolean> => {
    const stop = new AbortController()
    await lastValueFrom(
      from(mixed(of)).pipe(earlyStop({ metric: 'reward', mode: 'max', patience: 2 }, stop), toArray()),
    )
    return stop.signal.aborted
  }
  const rising = [0, 1, 2].flatMap((x) => [['hard', x] as const, ['easy', 10 + x] as const, ['step', 5 + x] as const])
  expect(await stopped(rising)).toBe(false)
  expect(await stopped([...rising, ['hard', 0], ['easy', 0], ['step', 0]])).toBe(false)
  expect(await stopped([...rising, ['hard', 0], ['easy', 20], ['hard', 1]])).toBe(true)
})

test('the warning says what has not been better, or that it never was a number', async () => {
  const told = async (values: readonly number[]) => {
    const stopping = earlyStop({ metric: 'reward', mode: 'max', patience: 2 }, new AbortController())
    const events = await lastValueFrom(from(valued(values)).pipe(stopping, toArray()))
    return events.find(({ type }) => type === 'warning')
  }
  expect(await told([4, 3, 2])).toMatchObject({
    message: 'stopped early: reward of prompts has not been better than 4 2 times in a row',
  })
  expect(await told([NaN, NaN])).toMatchObject({
    message: 'stopped early: reward of prompts has not been a number 2 times in a row',
  })
})

test('other events and metrics pass, and options are checked', async () => {
  const stop = new AbortController()
  const others: RunEvent[] = [
    { type: 'step', time: 0, step: 0, metrics: { loss: 1 } },
    { type: 'run/start', time: 0, name: '', steps: 1, config: {} },
  ]
  const passed = await lastValueFrom(
    from([...others, ...others]).pipe(earlyStop({ metric: 'reward', mode: 'max', patience: 1 }, stop), toArray()),
  )
  expect(passed).toEqual([...others, ...others])
  expect(() => earlyStop({ metric: 'reward', mode: 'max', patience: 0 }, stop)).toThrow('patience must be')
})

test('a metric that never comes is a warning before the end', async () => {
  const end: RunEvent = { type: 'run/end', time: 0, step: 2, reason: 'done' }
  const warnings = async (metric: string): Promise<RunEvent[]> => {
    const events$ = from([...valued([1, 2]), end]).pipe(earlyStop({ metric, mode: 'max' }, new AbortController()))
    const events = await lastValueFrom(events$.pipe(toArray()))
    expect(events.at(-1)).toBe(end)
    return events.filter(({ type }) => type === 'warning')
  }
  expect(await warnings('reward')).toEqual([])
  expect(await warnings('rewards')).toEqual([
    { type: 'warning', step: 1, message: 'earlyStop never saw the metric rewards' },
  ])
})
