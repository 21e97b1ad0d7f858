/** What every command takes besides its own options. */
export const COMMON_OPTIONS = {
  engine: {
    type: 'text',
    value: 'NAME',
    about: 'onnx (compiled), or tfjs: op by op on tfjs-node, wasm or cpu, whichever is installed',
  },
  profile: { type: 'text', value: 'DIR', about: 'write where the time goes: a table, and a trace for ui.perfetto.dev' },
} as const

export type CommonOptions = typeof COMMON_OPTIONS
