import { expect, test } from 'vitest'
import { hostTensor } from './host-tensor.ts'
import { flatten, isHostTensor, unflatten } from './tree.ts'

const leaf = hostTensor(Float32Array.of(1))

test('a tree with slashes and percent signs in its names comes back from its paths', () => {
  const tree = { metrics: { 'rewards/chosen': leaf, rewards: { chosen: leaf }, '100%': leaf, '%2F': leaf } }
  const flat = flatten(tree, isHostTensor)
  expect(Object.keys(flat)).toHaveLength(4)
  expect(unflatten(flat)).toEqual(tree)
})

test('a name that is empty is an error', () => {
  expect(() => flatten({ a: { '': leaf } }, isHostTensor)).toThrow("a name under 'a' is empty")
})
