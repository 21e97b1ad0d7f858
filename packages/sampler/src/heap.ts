/** Binary min-heaps as arrays that are never changed: each function returns a new one. Parent of i: (i − 1) >> 1. */
export type Precedes<A> = (a: A, b: A) => boolean

const sinkRoot = <A>(heap: A[], root: number, precedes: Precedes<A>): void => {
  const item = heap[root]
  let at = root
  for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && precedes(heap[child + 1], heap[child])) child++
    if (!precedes(heap[child], item)) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = item
}

/** The heap with one more item. */
export const pushed = <A>(heap: readonly A[], item: A, precedes: Precedes<A>): A[] => {
  const grown = [...heap, item]
  let at = heap.length
  for (let parent = (at - 1) >> 1; at > 0 && precedes(item, grown[parent]); parent = (at - 1) >> 1) {
    grown[at] = grown[parent]
    at = parent
  }
  grown[at] = item
  return grown
}

/** Any items in heap order. */
export const heaped = <A>(items: readonly A[], precedes: Precedes<A>): A[] => {
  const heap = [...items]
  for (let root = (heap.length >> 1) - 1; root >= 0; root--) sinkRoot(heap, root, precedes)
  return heap
}

/** The heap with its first item replaced. */
export const rootReplaced = <A>(heap: readonly A[], item: A, precedes: Precedes<A>): A[] => {
  const changed = [item, ...heap.slice(1)]
  sinkRoot(changed, 0, precedes)
  return changed
}
