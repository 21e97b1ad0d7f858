import { type JitError, jitError } from '../../errors.ts'
import type { ProfileEvent } from './profile-event.ts'

/** How many operators of a graph each provider runs, and which the CPU has. */
export interface Placement {
  readonly device: string
  readonly operators: number
  /** Operators on the CPU by type; empty when the device runs the whole graph. */
  readonly onCpu: Readonly<Record<string, number>>
  /** Times a run that something is copied between the device and the CPU. */
  readonly copies: number
  /**
   * Whether the CPU does nothing but index arithmetic on the integers that a call brings, before they are on the
   * device: ONNX Runtime leaves it that on purpose, and the device does not wait for it.
   */
  readonly onlyIndices: boolean
}

/** Where the operators of a graph ran, from the events of one run. */
export const placementOf = (device: string, events: Iterable<ProfileEvent>): Placement => {
  const onCpu: Record<string, number> = {}
  let [operators, copies, onlyIndices] = [0, 0, true]
  for (const { kind, name, provider, floats } of events) {
    if (kind !== 'operator') continue
    if (name === 'MemcpyToHost' || (provider === 'CPU' && floats)) onlyIndices = false
    if (name.startsWith('Memcpy')) copies++
    else operators++
    if (provider === 'CPU') onCpu[name] = (onCpu[name] ?? 0) + 1
  }
  return { device, operators, onCpu, copies, onlyIndices }
}

/** What to tell about a placement; undefined when the device runs everything that it could. */
export const leftToCpu = ({ device, operators, onCpu, copies, onlyIndices }: Placement): JitError | undefined => {
  const types = Object.entries(onCpu).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  if (types.length === 0 || onlyIndices) return undefined
  const left = types.reduce((sum, [, n]) => sum + n, 0)
  return jitError(
    'OpsOnCpu',
    `device '${device}' leaves ${left} of ${operators} operators to the CPU (${types.map(([op, n]) => `${op} ${n}`).join(', ')}), and copies between the two ${copies} times a run`,
    "Results are the same, a run is slower. Write these with ops that the device has, or compile that part on its own for device 'cpu'.",
    { device, operators, onCpu, copies },
  )
}
