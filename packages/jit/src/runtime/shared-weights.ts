import { type HostTensor, type HostTensors, sizeOf } from '../host-tensor.ts'
import { filesOf, mustBeUnchanged } from '../read-region.ts'
import { onDisk } from './scratch.ts'

/** Weights from here on are worth a file: a session would copy them, and there are several sessions a model. */
const LARGE = 16 << 20

/** Arrays below this stay in memory: a file's pages are mapped whole. */
const SMALL = 1 << 12

const bytesOf = ({ shape }: HostTensor): number => 4 * sizeOf(shape)

/** Frozen arrays where every session maps the same pages: in files, unless they are small altogether. */
export const shared = async (constants: HostTensors): Promise<HostTensors> => {
  filesOf(Object.values(constants).map(({ file }) => file)).forEach(mustBeUnchanged)
  const inMemory = Object.values(constants).filter(({ file }) => file === undefined)
  if (inMemory.reduce((sum, t) => sum + bytesOf(t), 0) < LARGE) return constants
  const placed: Record<string, HostTensor> = {}
  for (const [name, t] of Object.entries(constants)) placed[name] = bytesOf(t) < SMALL ? t : await onDisk(t)
  return placed
}
