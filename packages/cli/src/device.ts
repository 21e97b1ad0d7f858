import { type Fault, fault } from '@gfnlm/env'
import type { Device } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'

/** Whether a word names a device: `cpu`, `webgpu`, `cuda` (ONNX Runtime) or `tfjs:<backend>` (op by op). */
export const isDevice = (word: string): word is Device => /^(cpu|webgpu|cuda|tfjs:.+)$/.test(word)

/** The packages that register tfjs backends when they are imported: installed by whoever wants them. */
const BACKENDS: Readonly<Record<string, string>> = {
  cpu: '@tensorflow/tfjs-backend-cpu',
  wasm: '@tensorflow/tfjs-backend-wasm',
  tensorflow: '@tensorflow/tfjs-node',
}

/** Checks a device's name and loads the tfjs backend that it needs. */
export const prepareDevice = (device: string) => async (): Promise<E.Either<Fault, Device>> => {
  if (!isDevice(device))
    return E.left(fault('DeviceUnknown', `there is no device "${device}"`, 'Take cpu, webgpu, cuda, tfjs:cpu, tfjs:wasm or tfjs:tensorflow', { device }))
  const backend = BACKENDS[device.replace(/^tfjs:/, '')]
  if (!device.startsWith('tfjs:') || backend === undefined) return E.right(device)
  try {
    await import(backend)
    return E.right(device)
  } catch (cause) {
    return E.left(fault('DeviceUnavailable', `device ${device} needs the package ${backend}: ${(cause as Error).message}`, `Run npm install ${backend}, or take --device cpu`, { device }))
  }
}
