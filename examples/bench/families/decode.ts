import { decoderOf } from '@gfnlm/sampler'
import { availableParallelism } from 'node:os'
import { type Source, against, takeTurns, timed } from '../measure/compare.ts'
import { STREAMS, streams } from '../measure/limits.ts'
import { ggufOf, llamaCpp } from '../measure/llama-cpp.ts'
import { pytorch, pytorchName } from '../measure/pytorch.ts'
import type { Family, Measured, Row } from '../row.ts'
import { gpt2Shape, matrixWeights } from '../shapes.ts'
import { decodeStep, policyOf } from '../steps.ts'

const row = (rows: number, peer: string, rest: Pick<Row, 'against' | 'bound' | 'limit'>): Row => ({
  name: `decode-b${rows}-${peer}`,
  measures: `Cached decode step, GPT-2 124M shape, B = ${rows}, 64 cached, to logits on the host`,
  unit: 'ms',
  of: 'ratio',
  ...rest,
})

const STREAM = {
  against: 'the time to read the weights once with every thread',
  bound: 'at most',
  limit: 1.3,
} as const
const LLAMA_CPP = {
  against: 'llama.cpp, the same weights in fp32, its best thread count',
  bound: 'at least',
} as const
const PYTORCH_ALL = pytorchName(availableParallelism())

const ROWS = [1, 8] as const
const LEAST = { 1: 1, 8: 5 } as const
const STEPS = 15

const names = { ours: (rows: number) => `ours, ${rows}`, llamaCpp: (rows: number) => `llama.cpp, ${rows}` }

/** One token for each row with a cache, against the memory it must read and against llama.cpp. */
export const decode: Family = {
  rows: [
    ...ROWS.map((rows) => row(rows, 'stream', STREAM)),
    ...ROWS.map((rows) => row(rows, 'llama-cpp', { ...LLAMA_CPP, limit: LEAST[rows] })),
    row(8, 'pytorch', { against: 'PyTorch', bound: 'at least', limit: 5 }),
  ],
  measure: async ({ rounds }) => {
    const policy = policyOf(gpt2Shape)
    const gguf = await ggufOf(policy)
    const decoder = decoderOf(policy)
    const sources: Source[] = [...(await streams(matrixWeights(gpt2Shape), STEPS))]
    for (const rows of ROWS) {
      const shape = { ...gpt2Shape, B: rows }
      sources.push(timed(names.ours(rows), STEPS, await decodeStep(policy, shape, decoder)))
      sources.push(await llamaCpp(names.llamaCpp(rows), gguf, { work: 'decode', rows, cached: shape.T }, STEPS))
    }
    sources.push(await pytorch('decode_step', { ...gpt2Shape, B: 8 }, 3, availableParallelism()))
    const taken = await takeTurns(sources, rounds)
    const measured = ROWS.flatMap((rows): [string, Measured][] => [
      [`decode-b${rows}-stream`, against(taken, names.ours(rows), STREAMS, 'slower')],
      [`decode-b${rows}-llama-cpp`, against(taken, names.ours(rows), [names.llamaCpp(rows)], 'faster')],
    ])
    return Object.fromEntries([
      ...measured,
      ['decode-b8-pytorch', against(taken, names.ours(8), [PYTORCH_ALL], 'faster')],
    ])
  },
}
