import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import type { RunEvent } from '../events.ts'
import { crc32c } from './crc32c.ts'
import { tensorboard } from './tensorboard.ts'

// A reader of its own, from the formats' descriptions: it shares nothing with the writer, the checksum bit by bit.
const slowCrc32c = (bytes: Uint8Array): bigint => {
  let c = 0xffffffffn
  for (const byte of bytes) {
    c ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) c = c & 1n ? (c >> 1n) ^ 0x82f63b78n : c >> 1n
  }
  return c ^ 0xffffffffn
}
const unmask = (n: bigint): bigint => {
  const rotated = (n - 0xa282ead8n + (1n << 32n)) % (1n << 32n)
  return ((rotated >> 17n) | (rotated << 15n)) % (1n << 32n)
}
const recordsIn = (file: Buffer): Buffer[] => {
  const records: Buffer[] = []
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at))
    const data = file.subarray(at + 12, at + 12 + length)
    expect(unmask(BigInt(file.readUInt32LE(at + 8)))).toBe(slowCrc32c(file.subarray(at, at + 8)))
    expect(unmask(BigInt(file.readUInt32LE(at + 12 + length)))).toBe(slowCrc32c(data))
    records.push(data)
    at += 16 + length
  }
  return records
}
type Fields = Record<number, (number | Buffer)[]>
const fieldsOf = (bytes: Buffer): Fields => {
  const fields: Fields = {}
  let at = 0
  const varint = (): number => {
    let n = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      n |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(n)
    }
  }
  const take = (size: number): Buffer => bytes.subarray(at, (at += size))
  while (at < bytes.length) {
    const key = varint()
    const wire: Record<number, () => number | Buffer> = {
      0: varint,
      1: () => take(8).readDoubleLE(),
      2: () => take(varint()),
      5: () => take(4).readFloatLE(),
    }
    ;(fields[key >> 3] ??= []).push(wire[key & 7]!())
  }
  return fields
}
const message = (fields: Fields, field: number): Fields => fieldsOf(fields[field]![0] as Buffer)
const text = (fields: Fields, field: number): string => String(fields[field]![0])

const written = (events: readonly RunEvent[], options: { resumeAt?: number } = {}): Fields[] => {
  const folder = mkdtempSync(join(tmpdir(), 'gfnlm-tb-'))
  const sink = tensorboard(folder, { ...options, now: () => 1_700_000_000_500 })
  if (E.isLeft(sink)) throw sink.left
  for (const event of events) void sink.right.take(event)
  void sink.right.close()
  const [name, ...others] = readdirSync(folder)
  expect([name!.startsWith('events.out.tfevents.1700000000.'), others]).toEqual([true, []])
  return recordsIn(readFileSync(join(folder, name!))).map(fieldsOf)
}

test('crc32c of "123456789" is 0xe3069283, of 32 zeros 0x8a9136aa (RFC 3720 B.4)', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
})

test('a file begins with its version and time', () => {
  expect(written([])).toEqual([{ 1: [1_700_000_000.5], 2: [0], 3: [Buffer.from('brain.Event:2')] }])
})

test('the metrics of a step are scalars under train/, as 32-bit floats', () => {
  const metrics = { loss: 0.1, 'completions/mean_length': 12 }
  const [, event] = written([{ type: 'step', time: 0, step: 300, metrics }])
  expect(event![2]).toEqual([300])
  const values = message(event!, 5)[1]!.map((value) => fieldsOf(value as Buffer))
  expect(Object.fromEntries(values.map((value) => [text(value, 1), value[2]![0]]))).toEqual({
    'train/loss': Math.fround(0.1),
    'train/completions/mean_length': 12,
  })
})

test('NaN and steps past 32 bits survive', () => {
  const [, event] = written([{ type: 'step', time: 0, step: 2 ** 40 + 1, metrics: { loss: NaN } }])
  expect([event![2], message(message(event!, 5), 1)[2]]).toEqual([[2 ** 40 + 1], [NaN]])
})

test('samples of an evaluation are a Markdown table for the text plug-in', () => {
  const samples = [{ prompt: 'a|b', completion: 'c\nd', logReward: -1.5 }]
  const [, scalars, event] = written([{ type: 'eval', step: 2, name: 'held out', metrics: { reward: -1 }, samples }])
  expect(text(message(message(scalars!, 5), 1), 1)).toBe('eval/held out/reward')
  const value = message(message(event!, 5), 1)
  const tensor = message(value, 8)
  expect([text(value, 1), text(message(message(value, 9), 1), 1)]).toEqual(['eval/held out/samples', 'text'])
  expect(tensor[1]).toEqual([7])
  expect(message(message(tensor, 2), 2)[1]).toEqual([1])
  expect(text(tensor, 8)).toBe('prompt | completion | log reward\n--- | --- | ---:\na\\|b | c ↵ d | -1.500')
})

test('a resumed run tells readers to forget what it does again', () => {
  const [, event] = written([], { resumeAt: 40 })
  expect([event![2], message(event!, 7)]).toEqual([[41], { 1: [1] }])
  expect(written([], { resumeAt: -1 })[1]![2]).toEqual([0])
})

test('a folder that cannot be made is a fault', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'gfnlm-tb-')), 'file')
  writeFileSync(file, '')
  expect(tensorboard(file)).toMatchObject({ left: { _tag: 'RunLogUnwritable' } })
})
