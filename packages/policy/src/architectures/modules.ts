import type { DecoderConfig } from './decoder-config.ts'

/** A module that holds weights, with its path as Hugging Face and PEFT name it. */
export interface Module {
  readonly name: string
  readonly kind: 'embedding' | 'linear' | 'norm'
  /** Width that goes in (a linear module), or the number of rows (an embedding). */
  readonly inputs: number
  readonly outputs: number
  readonly bias: boolean
  /** Of a linear module's weight. */
  readonly orientation: 'out-in' | 'in-out'
}

/** Every module of a decoder in the order of the forward; a tied head is none. */
export const modulesOf = (config: DecoderConfig): readonly Module[] => {
  const { names, hidden, headDim, heads, kvHeads, intermediate, bias } = config
  const module = (
    name: string,
    kind: Module['kind'],
    [inputs, outputs]: readonly [number, number],
    biased: boolean,
    orientation: Module['orientation'] = config.weights,
  ): Module => ({ name, kind, inputs, outputs, bias: biased, orientation })
  const norm = (name: string): Module => module(name, 'norm', [hidden, hidden], config.norm.kind === 'layer')

  const layer = (index: number): Module[] => {
    const at = (name: string): string => `${names.layers}.${index}.${name}`
    const linear = (name: string, inputs: number, outputs: number, biased: boolean): Module =>
      module(at(name), 'linear', [inputs, outputs], biased)
    const q = heads * headDim
    const kv = kvHeads * headDim
    return [
      norm(at(names.attentionNorm)),
      ...('qkv' in names.attention
        ? [linear(names.attention.qkv, hidden, q + 2 * kv, bias.qkv)]
        : [
            linear(names.attention.q, hidden, q, bias.qkv),
            linear(names.attention.k, hidden, kv, bias.qkv),
            linear(names.attention.v, hidden, kv, bias.qkv),
          ]),
      linear(names.attentionOut, q, hidden, bias.attentionOut),
      norm(at(names.mlpNorm)),
      ...(names.gate === undefined ? [] : [linear(names.gate, hidden, intermediate, bias.mlp)]),
      linear(names.up, hidden, intermediate, bias.mlp),
      linear(names.down, intermediate, hidden, bias.mlp),
    ]
  }

  return [
    module(names.embedding, 'embedding', [config.vocab, hidden], false),
    ...(names.positions === undefined ? [] : [module(names.positions, 'embedding', [config.context, hidden], false)]),
    ...Array.from({ length: config.layers }, (_, index) => layer(index)).flat(),
    norm(names.finalNorm),
    ...(config.tied ? [] : [module(names.head, 'linear', [hidden, config.vocab], false, 'out-in')]),
  ]
}

const weightShape = ({ kind, inputs, outputs, orientation }: Module): readonly number[] =>
  kind === 'norm'
    ? [outputs]
    : kind === 'embedding' || orientation === 'in-out'
    ? [inputs, outputs]
    : [outputs, inputs]

/** Name and shape of every tensor a decoder needs. */
export const tensorsOf = (config: DecoderConfig): ReadonlyMap<string, readonly number[]> =>
  new Map(
    modulesOf(config).flatMap((module) => [
      [`${module.name}.weight`, weightShape(module)] as const,
      ...(module.bias ? [[`${module.name}.bias`, [module.outputs]] as const] : []),
    ]),
  )
