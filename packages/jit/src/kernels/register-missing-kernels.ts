import * as tf from '@tensorflow/tfjs-core'
import { einsum } from './einsum.ts'
import { sharedCorrections } from './shared-corrections.ts'
import { unsortedSegmentSum } from './unsorted-segment-sum.ts'
import { wasmCorrections } from './wasm-corrections.ts'

/** Missing from wasm. On cpu: a segment sum in one pass instead of one a segment, every einsum instead of some. */
const additions: readonly { readonly kernelName: string; readonly kernelFunc: tf.KernelFunc }[] = [
  { kernelName: 'UnsortedSegmentSum', kernelFunc: unsortedSegmentSum },
  { kernelName: 'Einsum', kernelFunc: einsum },
]

const BACKENDS = ['cpu', 'wasm']

const ours = new WeakSet<tf.KernelFunc>()

const kernelOf = (kernelName: string, backendName: string): tf.KernelConfig | undefined =>
  tf.getKernel(kernelName, backendName) as tf.KernelConfig | undefined

/** Registers a kernel in place of any other, without the warning that overriding prints. */
const put = (config: tf.KernelConfig): void => {
  ours.add(config.kernelFunc)
  if (kernelOf(config.kernelName, config.backendName) !== undefined)
    tf.unregisterKernel(config.kernelName, config.backendName)
  tf.registerKernel(config)
}

/**
 * Completes and corrects the eager backends that are loaded; one that is not is left alone. Call it once a backend is
 * chosen; calling it again costs nothing.
 *
 * @example await tf.setBackend('wasm'); registerMissingKernels()
 */
export const registerMissingKernels = (): void => {
  for (const backendName of BACKENDS) {
    if (kernelOf('Identity', backendName) === undefined) continue
    for (const { kernelName, kernelFunc } of additions)
      if (kernelOf(kernelName, backendName)?.kernelFunc !== kernelFunc) put({ kernelName, backendName, kernelFunc })
    for (const { kernelName, backends, correct } of [...sharedCorrections, ...wasmCorrections]) {
      const present = kernelOf(kernelName, backendName)
      if (!backends.includes(backendName) || present === undefined || ours.has(present.kernelFunc)) continue
      put({ ...present, kernelFunc: correct(present.kernelFunc) })
    }
  }
}
