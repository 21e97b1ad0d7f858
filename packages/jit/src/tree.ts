import type * as tf from '@tensorflow/tfjs-core'
import { jitError } from './errors.ts'
import type { HostTensor } from './host-tensor.ts'

/** Nested records of arrays: a batch, a parameter tree, an optimizer's state. Absent entries are absent inputs. */
export type HostTree = HostTensor | { readonly [name: string]: HostTree | undefined }

/** The same nesting with tensors at the leaves: what a compiled function sees and returns. */
export type TensorTree = tf.Tensor | { readonly [name: string]: TensorTree | undefined }

/** The type of a tensor tree outside of a compiled function. */
export type AsHost<T> = T extends tf.Tensor
  ? HostTensor
  : T extends undefined
    ? undefined
    : { readonly [K in keyof T]: AsHost<T[K]> }

type Branch<Leaf> = { readonly [name: string]: Leaf | Branch<Leaf> | undefined }

/** A name as a part of a path, where a slash separates: TRL's metrics (`rewards/chosen`) have one of their own. */
const escaped = (name: string): string => name.replaceAll('%', '%25').replaceAll('/', '%2F')
const unescaped = (part: string): string => part.replaceAll('%2F', '/').replaceAll('%25', '%')

/** Leaves by their path, `a/b/c`, in a fixed order; a slash within a name is written `%2F`. */
export const flatten = <Leaf extends object>(
  tree: Leaf | Branch<Leaf>,
  isLeaf: (node: object) => node is Leaf,
  path = '',
): Record<string, Leaf> => {
  const kind = tree === null ? 'null' : ArrayBuffer.isView(tree) ? tree.constructor.name : typeof tree
  if (kind !== 'object')
    throw jitError(
      'InvalidInput',
      `'${path}' is ${kind}`,
      'At the leaves of a tree are arrays: hostTensor outside of a compiled function, tensors inside.',
      { path },
    )
  if (isLeaf(tree)) return { [path]: tree }
  const flat: Record<string, Leaf> = {}
  for (const [name, child] of Object.entries(tree)) {
    if (child === undefined) continue
    if (name === '')
      throw jitError(
        'InvalidInput',
        `a name under '${path}' is empty and cannot be part of a path`,
        'Name every entry.',
        { path },
      )
    Object.assign(flat, flatten(child as Leaf, isLeaf, path === '' ? escaped(name) : `${path}/${escaped(name)}`))
  }
  return flat
}

/** The tree whose leaves are at these paths. */
export const unflatten = <Leaf>(flat: Readonly<Record<string, Leaf>>): Leaf | Branch<Leaf> => {
  if ('' in flat) return flat['']!
  const root: Record<string, unknown> = {}
  for (const [path, leaf] of Object.entries(flat)) {
    const names = path.split('/').map(unescaped)
    let node = root
    for (const name of names.slice(0, -1)) node = (node[name] ??= {}) as Record<string, unknown>
    node[names.at(-1)!] = leaf
  }
  return root as Branch<Leaf>
}

/** Whether a node of a host tree is an array. */
export const isHostTensor = (node: object): node is HostTensor => 'data' in node && 'dtype' in node && 'shape' in node

/** Whether a node of a tensor tree is a tensor. */
export const isTensor = (node: object): node is tf.Tensor => 'dataId' in node && 'dtype' in node
