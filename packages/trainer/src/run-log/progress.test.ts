import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent } from '../events.ts'
import { progressLine } from './progress-line.ts'
import { type Progress, duration, facts, noProgress, progressAfter } from './progress.ts'
import { ansi, render } from './render.ts'

const start = (steps: number): RunEvent => ({ type: 'run/start', time: 0, name: 'infill', steps, config: {} })
/** The nth step of a run, whose event says n − 1. */
const step = (
  n: number,
  time: number,
  metrics: Record<string, number> = { loss: 1.2041, reward: -31.2 },
): RunEvent => ({ type: 'step', step: n - 1, time, metrics })
const after = (...events: RunEvent[]): Progress => events.reduce(progressAfter, noProgress)

test('the line says step, loss, reward, time left and pace', () => {
  expect(render(after(start(40), step(10, 5000), step(12, 9000)), 90)).toBe(
    '███████' + '░'.repeat(15) + '  step 12/40  loss 1.204  reward -31.200  ETA 56s  2.0 s/step',
  )
})

test('tokens are counted from the first step seen, so that a resumed run does not boast', () => {
  const resumed = after(start(300), step(101, 1000, { num_tokens: 50_000 }), step(105, 3000, { num_tokens: 53_000 }))
  expect(facts(resumed)).toEqual(['step 105/300', 'ETA 1m 38s', '2.0 steps/s', '1500 tokens/s'])
})

test('no pace before there is one, no time left when there is none', () => {
  expect(facts(after(start(5), step(1, 1000, {})))).toEqual(['step 1/5'])
  expect(facts(after(start(2), step(1, 0, {}), step(2, 500, {})))).toEqual(['step 2/2', '2.0 steps/s'])
})

test('events count steps from 0, the line those that are made', () => {
  const events = [0, 1, 2].map((n): RunEvent => ({ type: 'step', step: n, time: 500 * n, metrics: {} }))
  expect(facts(after(start(3), ...events))).toEqual(['step 3/3', '2.0 steps/s'])
})

test('a diverged loss is shown as it is', () => {
  const seen = facts(after(start(5), step(1, 0, { loss: NaN, reward: 1e-7 })))
  expect(seen).toEqual(['step 1/5', 'loss NaN', 'reward 1.0e-7'])
})

test('durations read as people say them', () => {
  const spoken = [999, 59_400, 75_000, 3_660_000, 90_000_000].map(duration)
  expect(spoken).toEqual(['1s', '59s', '1m 15s', '1h 01m', '25h 00m'])
})

test('the line never exceeds its width, and colours take no room', () => {
  const progress = after(start(1000), step(1, 0), step(500, 1e7, { loss: 12345, reward: -1e-9, num_tokens: 1e6 }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (width) => {
      const line = render(progress, width)
      expect(line.length).toBeLessThanOrEqual(width)
      expect(stripVTControlCharacters(render(progress, width, ansi))).toBe(line)
    }),
  )
})

const writes = (terminal: object, env: Record<string, string>, events: readonly RunEvent[]): string[] => {
  const out: string[] = []
  const sink = progressLine({ ...terminal, write: (text) => out.push(text) }, env)
  for (const event of events) void sink.take(event)
  void sink.close()
  return out
}
const warning: RunEvent = { type: 'warning', step: 1, message: 'reward failed' }

test('on a terminal the line is rewritten, and a warning stands above it', () => {
  const out = writes({ isTTY: true, columns: 60 }, {}, [start(9), step(1, 0), warning])
  expect(out[0]).toBe('infill: 9 steps\n')
  expect(out[1]!.startsWith('\r\x1b[2K\x1b[36m█')).toBe(true)
  expect(out.slice(2)).toEqual(['\r\x1b[2Kwarning at step 1: reward failed\n', out[1], '\n'])
})

test('NO_COLOR keeps the line but not the colours', () => {
  const line = writes({ isTTY: true }, { NO_COLOR: '1' }, [start(9), step(1, 0)])[1]!
  expect(line.split('\x1b[')).toEqual(['\r', expect.stringMatching(/^2K█/)])
})

const saidFirst = (text: string): string => /^step +\d+\/\d+/.exec(text)?.[0] ?? text

test.each([
  ['a pipe', {}, {}],
  ['CI', { isTTY: true }, { CI: 'true' }],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
])('%s gets whole plain lines: the first step, each tenth, the warnings and the end', (_, terminal, env) => {
  const steps = Array.from({ length: 100 }, (__, i) => step(i + 1, i, { loss: 1 }))
  const end: RunEvent = { type: 'run/end', step: 100, time: 100, reason: 'done' }
  const out = writes(terminal, env, [start(100), ...steps, warning, end])
  expect(out.map(saidFirst)).toEqual([
    'infill: 100 steps\n',
    'step   1/100',
    ...Array.from({ length: 10 }, (__, i) => `step ${String(10 * (i + 1)).padStart(3)}/100`),
    'warning at step 1: reward failed\n',
    'done at step 100\n',
  ])
  expect(out.join('')).toBe(stripVTControlCharacters(out.join('')).replaceAll('\r', ''))
  expect(out.every((text) => text.endsWith('\n'))).toBe(true)
})

test('a slow run without a terminal is heard of every minute', () => {
  const out = writes({}, {}, [start(1000), ...[0, 30, 61, 90, 122].map((s, i) => step(i + 1, s * 1000, {}))])
  expect(out.slice(1).map(saidFirst)).toEqual(['step    1/1000', 'step    3/1000', 'step    5/1000'])
})
