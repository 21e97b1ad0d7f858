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
  const norm = (name: string, width = hidden): Module =>
    module(name, 'norm', [width, width], config.norm.kind === 'layer')

  const layer = (index: number): Module[] => {
    const at = (name: string): string => `${names.layers}.${index}.${name}`
    const linear = (name: string, inputs: number, outputs: number, biased: boolean): Module =>
      module(at(name), 'linear', [inputs, outputs], biased)
    const normIfAny = (name: string | undefined): Module[] => (name === undefined ? [] : [norm(at(name))])
    const q = heads * headDim
    const kv = kvHeads * headDim
    const { headNorms, wide } = names
    return [
      norm(at(names.attentionNorm)),
      ...('qkv' in names.attention
        ? [linear(names.attention.qkv, hidden, q + 2 * kv, bias.qkv)]
        : [
            linear(names.attention.q, hidden, q, bias.qkv),
            linear(names.attention.k, hidden, kv, bias.qkv),
            linear(names.attention.v, hidden, kv, bias.qkv),
          ]),
      ...(headNorms === undefined ? [] : [norm(at(headNorms.q), headDim), norm(at(headNorms.k), headDim)]),
      linear(names.attentionOut, q, hidden, bias.attentionOut),
      ...normIfAny(names.attentionOutNorm),
      norm(at(names.mlpNorm)),
      ...('gateUp' in wide
        ? [linear(wide.gateUp, hidden, 2 * intermediate, bias.mlp)]
        : Object.values(wide).map((name) => linear(name, hidden, intermediate, bias.mlp))),
      linear(names.down, intermediate, hidden, bias.mlp),
      ...normIfAny(names.mlpOutNorm),
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
  kind === 'norm' ? [outputs] : kind === 'embedding' || orientation === 'in-out' ? [inputs, outputs] : [outputs, inputs]

/** Name and shape of every tensor a decoder needs. */
export const tensorsOf = (config: DecoderConfig): ReadonlyMap<string, readonly number[]> =>
  new Map(
    modulesOf(config).flatMap((module) => [
      [`${module.name}.weight`, weightShape(module)] as const,
      ...(module.bias ? [[`${module.name}.bias`, [module.outputs]] as const] : []),
    ]),
  )
