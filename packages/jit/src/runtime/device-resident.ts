import * as ort from 'onnxruntime-node'
import { type Shaped, identityModel, writeModel } from './device-graphs.ts'
import type { Wire, WireMap, Write } from './protocol.ts'
import { type Resident, type Tensors, taken, tensorOf, wireOf } from './resident.ts'
import { mustBeWritable, writeRows } from './write-rows.ts'

// ONNX Runtime's binding gives outputs that stay on a WebGPU device, and takes them as inputs of any session of that
// device. It cannot read one back (getData() ends the process), and a session of the CPU would read rubbish: both ways
// lead through a small session of the device.

type Model = Parameters<typeof ort.InferenceSession.create>[0]

const opened = new Map<string, Promise<ort.InferenceSession>>()

/** A session of the device for a small model, opened once for each `key`. */
const session = (
  key: string,
  stay: boolean,
  model: () => { readonly bytes: Model; readonly outputs: readonly string[] },
): Promise<ort.InferenceSession> => {
  const known = `${stay ? 'stay' : 'come back'} ${key}`
  const found = opened.get(known)
  if (found !== undefined) return found
  const { bytes, outputs } = model()
  const made = ort.InferenceSession.create(bytes as Uint8Array, {
    executionProviders: ['webgpu', 'cpu'],
    logSeverityLevel: 3,
    ...(stay
      ? { preferredOutputLocation: Object.fromEntries(outputs.map((name) => [`out/${name}`, 'gpu-buffer' as const])) }
      : {}),
  })
  opened.set(known, made)
  made.catch(() => opened.delete(known))
  return made
}

const run = async (session: ort.InferenceSession, feeds: Tensors): Promise<Record<string, ort.Tensor>> => {
  const results = await session.run(
    Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [`in/${name}`, tensor])),
  )
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name.slice('out/'.length), tensor]))
}

const shapesOf = (arrays: Readonly<Record<string, Shaped>>): Record<string, Shaped> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { dtype, shape }]) => [name, { dtype, shape }]))

const moved = async (
  tensors: Tensors,
  shapes: Readonly<Record<string, Shaped>>,
  stay: boolean,
): Promise<Record<string, ort.Tensor>> => {
  const wanted = Object.fromEntries(Object.keys(tensors).map((name) => [name, shapes[name]!]))
  return run(await session(`identity ${JSON.stringify(wanted)}`, stay, () => identityModel(wanted)), tensors)
}

/**
 * Arrays held on a WebGPU device: they go there once, and are written there. Arrays of bools stay with the host, and
 * are written there, as the provider has no copy of them.
 */
export const deviceResident = (arrays: WireMap, writes: readonly Write[]): Resident => {
  const shapes = shapesOf(arrays)
  const host: Record<string, Wire> = { ...arrays }
  const device: Record<string, ort.Tensor> = {}
  const put = (name: string, tensor: ort.Tensor): void => {
    device[name]?.dispose()
    device[name] = tensor
    delete host[name]
  }
  const upload = async (): Promise<void> => {
    const waiting = Object.entries(host).filter(([, { dtype }]) => dtype !== 'bool')
    if (waiting.length === 0) return
    const there = await moved(Object.fromEntries(waiting.map(([name, wire]) => [name, tensorOf(wire)])), shapes, true)
    for (const [name, tensor] of Object.entries(there)) put(name, tensor)
  }
  return {
    tensors: async () => {
      await upload()
      return { ...Object.fromEntries(Object.entries(host).map(([name, wire]) => [name, tensorOf(wire)])), ...device }
    },
    write: async (outputs, given) => {
      const ready = writes.map((write) => {
        const { source, indices } = taken(write, outputs, given)
        mustBeWritable(shapes[write.input]!, source, write.axis, indices)
        return { ...write, source, indices }
      })
      const there = ready.filter(({ input }) => device[input] !== undefined)
      const here = ready.filter(({ input }) => device[input] === undefined)
      const later = (): void => {
        for (const { input, source, axis, indices } of here) writeRows(host[input]!, source, axis, indices)
      }
      if (there.length === 0) return later
      const feeds: Record<string, ort.Tensor> = {}
      there.forEach(({ input, source, indices }, i) => {
        feeds[`target/${i}`] = device[input]!
        feeds[`source/${i}`] = tensorOf(source)
        feeds[`at/${i}`] = new ort.Tensor('int32', indices, [indices.length])
      })
      const spelled = there.map(({ input, axis }) => ({ target: shapes[input]!, axis }))
      const results = await run(
        await session(`write ${JSON.stringify(spelled)}`, true, () => writeModel(spelled)),
        feeds,
      )
      there.forEach(({ input }, i) => put(input, results[`${i}`]!))
      return later
    },
    onHost: async () => {
      if (Object.keys(device).length > 0) {
        const back = await moved(device, shapes, false)
        for (const [name, tensor] of Object.entries(back)) {
          device[name]!.dispose()
          delete device[name]
          host[name] = wireOf(tensor)
        }
      }
      return host
    },
    drop: () => {
      for (const tensor of Object.values(device)) tensor.dispose()
    },
  }
}
