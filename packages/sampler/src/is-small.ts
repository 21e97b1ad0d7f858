import { type HostTensors, sizeOf } from '@gfnlm/jit'
import type { Policy } from '@gfnlm/policy'

const BYTES = 64 * 2 ** 20

const bytesOf = (arrays: HostTensors): number =>
  Object.values(arrays).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)

/**
 * Whether a model is small when it is decoded: its many operators take the time and not its weights, and another copy
 * or another graph of it costs little.
 */
export const isSmall = ({ constants }: Policy): boolean => bytesOf(constants) <= BYTES
