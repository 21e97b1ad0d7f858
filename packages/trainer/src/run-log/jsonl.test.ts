import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import type { RunEvent } from '../events.ts'
import { jsonl } from './jsonl.ts'
import { readEvents } from './read-events.ts'
import type { Sink } from './sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'gfnlm-run-'))
const fresh = (): string => join(folder, `${Math.random()}`, 'metrics.jsonl')
const start: RunEvent = { type: 'run/start', time: 0, name: 'r', steps: 9, config: {} }
const step = (n: number): RunEvent => ({ type: 'step', time: n, step: n, metrics: { loss: 1 / n } })
const open = (path: string, options?: { resumeAt: number }): Sink => {
  const sink = jsonl(path, options)
  if (E.isLeft(sink)) throw sink.left
  return sink.right
}
const write = (path: string, events: readonly RunEvent[], options?: { resumeAt: number }): void => {
  const sink = open(path, options)
  for (const event of events) void sink.take(event)
  void sink.close()
}

test('what is read is what was written, one event a line', () => {
  const path = fresh()
  const samples = [{ prompt: 'a\n"b"', completion: '\u2028é', logReward: -1.5 }]
  const end: RunEvent = { type: 'run/end', time: 2, step: 1, reason: 'done' }
  const events: RunEvent[] = [start, step(1), { type: 'rollout', step: 1, samples }, end]
  write(path, events)
  expect(readFileSync(path, 'utf8').split('\n').length).toBe(5)
  expect(readEvents(path).events).toEqual(events)
})

test('a number JSON does not have comes back as NaN', () => {
  const path = fresh()
  write(path, [{ type: 'step', time: 0, step: 1, metrics: { loss: NaN, kl: Infinity, reward: 1 } }])
  expect(readEvents(path).events).toMatchObject([{ metrics: { loss: NaN, kl: NaN, reward: 1 } }])
})

test('a resumed log is byte for byte the log of a run never stopped', () => {
  const [whole, resumed] = [fresh(), fresh()]
  write(whole, [start, step(1), step(2), step(3), step(4)])
  write(resumed, [start, step(1), step(2), step(3)])
  appendFileSync(resumed, '{"type":"step","time":4,"st')
  write(resumed, [step(3), step(4)], { resumeAt: 2 })
  expect(readFileSync(resumed, 'utf8')).toBe(readFileSync(whole, 'utf8'))
})

test('a blank line, as an editor leaves one, costs nothing that stands after it', () => {
  const path = fresh()
  write(path, [start, step(1)])
  appendFileSync(path, `\n${JSON.stringify(step(2))}\n`)
  write(path, [step(3)], { resumeAt: 2 })
  expect(readEvents(path).events).toEqual([start, step(1), step(2), step(3)])
})

test('a run resumed before its first step has nothing of an earlier log', () => {
  const path = fresh()
  write(path, [start, step(0)])
  write(path, [start], { resumeAt: -1 })
  expect(readEvents(path).events).toEqual([start])
})

test('resuming without a log starts one; not resuming starts anew', () => {
  const path = fresh()
  write(path, [step(3)], { resumeAt: 2 })
  write(path, [step(1)])
  expect(readEvents(path).events).toEqual([step(1)])
})

test('a torn line, wherever it was torn, ends the reading before it', () => {
  const path = fresh()
  write(path, [start, step(1)])
  const bytes = readFileSync(path)
  const first = bytes.indexOf('\n') + 1
  for (let cut = first; cut < bytes.length; cut++) {
    writeFileSync(path, bytes.subarray(0, cut))
    expect(readEvents(path)).toEqual({ events: [start], bytes: first })
  }
})

test('zeros that a power cut left are cut off', () => {
  const path = fresh()
  write(path, [step(1)])
  const { bytes } = readEvents(path)
  appendFileSync(path, Buffer.alloc(100))
  appendFileSync(path, '\n')
  expect(readEvents(path).bytes).toBe(bytes)
})

test('an event is on file when take returns, before any flush or close', () => {
  const path = fresh()
  const sink = open(path)
  void sink.take(step(1))
  expect(readEvents(path).events).toEqual([step(1)])
  void sink.close()
})

test('a folder that cannot be written is a fault before the run', () => {
  const file = fresh()
  write(file, [])
  expect(jsonl(join(file, 'metrics.jsonl'))).toMatchObject({ left: { _tag: 'RunLogUnwritable' } })
})

test.runIf(process.platform === 'linux')('so is a place that takes no folders', () => {
  expect(jsonl('/proc/gfnlm/run/metrics.jsonl')).toMatchObject({ left: { _tag: 'RunLogUnwritable' } })
})
