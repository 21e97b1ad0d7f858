import { keyOf, uniformInt } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { heaped, pushed, rootReplaced } from './heap.ts'

const less = (a: number, b: number): boolean => a < b
const isHeap = (heap: readonly number[]): boolean => heap.every((item, i) => i === 0 || heap[(i - 1) >> 1] <= item)

test('whatever is done to a heap, parents stay before children and no item is lost', () => {
  let heap: readonly number[] = []
  const items: number[] = []
  for (let i = 0; i < 300; i++) {
    const item = uniformInt(keyOf(8), 50, i)
    if (i % 3 === 2) {
      items[items.indexOf(heap[0])] = item
      heap = rootReplaced(heap, item, less)
    } else {
      items.push(item)
      heap = pushed(heap, item, less)
    }
    expect(isHeap(heap)).toBe(true)
    expect([...heap].sort()).toEqual([...items].sort())
  }
  const again = heaped(items, less)
  expect(isHeap(again)).toBe(true)
  expect([...again].sort()).toEqual([...items].sort())
})

test('the arrays given are left as they are', () => {
  const heap = [1, 5, 2] as const
  pushed(heap, 0, less)
  rootReplaced(heap, 9, less)
  heaped(heap, less)
  expect(heap).toEqual([1, 5, 2])
})

// Python's heapq: heappush of each in turn, then heappushpop(h, 77), then `del h[5]` and heapify(h).
test('the layout is that of heapq, on which the first similar entry depends', () => {
  const given = [30, 75, 69, 16, 47, 77, 60, 80, 74, 8, 1, 33, 70, 29]
  const heap = given.reduce<readonly number[]>((all, item) => pushed(all, item, less), [])
  expect(heap).toEqual([1, 8, 29, 74, 16, 60, 33, 80, 75, 47, 30, 77, 70, 69])
  const replaced = rootReplaced(heap, 77, less)
  expect(replaced).toEqual([8, 16, 29, 74, 30, 60, 33, 80, 75, 47, 77, 77, 70, 69])
  expect(heaped(replaced.toSpliced(5, 1), less)).toEqual([8, 16, 29, 47, 30, 33, 80, 75, 74, 77, 77, 70, 69])
})
