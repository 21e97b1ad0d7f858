import { keyOf, fold, tokenMDP } from '@gfnlm/env'
import { expect, test } from 'vitest'
import type { Decoding } from './decoding.ts'
import { onPolicy } from './exploration.ts'
import { rollout } from './rollout.ts'

test('while many rows draw from a large vocabulary, the event loop turns', async () => {
  const [rows, vocab] = [48, 50_000]
  const decoding: Decoding = {
    rows: Int32Array.from({ length: rows }, (_, row) => row),
    logits: Float32Array.from({ length: rows * vocab }, (_, i) => Math.sin(i)),
    next: async () => decoding,
    refill: async () => ({ ...decoding, rows: new Int32Array(rows).fill(-1) }),
    close: async () => {},
  }
  let [turns, running] = [0, true]
  const count = (): void => {
    turns++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  await rollout(
    decoding,
    tokenMDP({ terminator: 0, maxLength: 1 }),
    Array.from({ length: rows }, (_, i) => fold(keyOf(1), i)),
    onPolicy,
  )
  running = false
  // drawn at one go: one turn at most
  expect(turns).toBeGreaterThan(2)
})
