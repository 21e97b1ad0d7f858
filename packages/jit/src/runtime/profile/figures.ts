import type { ProfileEvent } from './profile-event.ts'

/** What one operator with its shapes costs in an average run. */
export interface Cost {
  readonly name: string
  /** Who ran it: CPU, WebGpu, CUDA. */
  readonly provider: string
  /** `[8, 64] [64, 32] → [8, 32]`, inputs as far as the profile has them. */
  readonly shapes: string
  readonly calls: number
  readonly ms: number
  /** Floating-point operations of matrix products; 0 for what is none. */
  readonly flops: number
}

/** Where the time of a session's average run goes. */
export interface Figures {
  /** Runs that are averaged: all but the first, which sets up memory and compiles kernels, where there are others. */
  readonly runs: number
  readonly ms: number
  /** Milliseconds of all runs, the first included. */
  readonly total: number
  /** Longest first. On a GPU its times are those of the dispatches. */
  readonly operators: readonly Cost[]
  /** Kernels on a GPU, longest first; empty where the provider reports none. */
  readonly kernels: readonly Cost[]
  /** The profile is cut: ONNX Runtime keeps a million events of a session. */
  readonly cut: boolean
}

const MOST_EVENTS = 1_000_000

const isProduct = (operator: string): boolean => /MatMul|Gemm/.test(operator)

/** 2 M N K of a product; K from the first operand, whichever way it is transposed. */
const flopsOf = ({ name, inputs, outputs }: ProfileEvent): number => {
  const [a, out] = [inputs[0], outputs[0]]
  if (!isProduct(name) || a === undefined || out === undefined) return 0
  const rows = a.length < 2 ? 1 : (out.at(-2) ?? 1)
  const inner = a.slice(-2).reduce((n, d) => n * d, 1) / rows
  return 2 * inner * out.reduce((n, d) => n * d, 1)
}

const spell = (shapes: readonly (readonly number[])[]): string =>
  shapes.map((shape) => `[${shape.join(', ')}]`).join(' ')

/** Events of equal operator, provider and shapes, added up. */
interface Tally {
  readonly event: ProfileEvent
  readonly shapes: string
  calls: number
  us: number
}

type Tallies = Map<string, Tally>

const count = (tallies: Tallies, event: ProfileEvent): void => {
  const shapes = `${spell(event.inputs)} → ${spell(event.outputs)}`
  const key = `${event.name} ${event.provider} ${shapes}`
  const tally = tallies.get(key) ?? { event, shapes, calls: 0, us: 0 }
  tally.calls++
  tally.us += event.took
  tallies.set(key, tally)
}

const costs = (tallies: Tallies, runs: number): readonly Cost[] =>
  [...tallies.values()]
    .map(({ event, shapes, calls, us }) => ({
      name: event.name,
      provider: event.provider,
      shapes,
      calls: calls / runs,
      ms: us / runs / 1e3,
      flops: event.kind === 'operator' ? (flopsOf(event) * calls) / runs : 0,
    }))
    .sort((a, b) => b.ms - a.ms)

/** Averages a session's events over its runs. Events must be in the order of the file. */
export const figuresOf = (events: Iterable<ProfileEvent>): Figures => {
  const first = { operators: new Map() as Tallies, kernels: new Map() as Tallies }
  const later = { operators: new Map() as Tallies, kernels: new Map() as Tallies }
  const runs: ProfileEvent[] = []
  let seen = 0
  for (const event of events) {
    seen++
    // A run's own event follows its operators'; kernels come last of all, and are placed by their time.
    if (event.kind === 'session' && event.name === 'model_run') runs.push(event)
    if (event.kind === 'operator') count((runs.length === 0 ? first : later).operators, event)
    if (event.kind === 'kernel')
      count((runs[0] === undefined || event.at < runs[0].at + runs[0].took ? first : later).kernels, event)
  }
  const averaged = runs.length > 1 ? runs.slice(1) : runs
  const { operators, kernels } = runs.length > 1 ? later : first
  const us = (all: readonly ProfileEvent[]): number => all.reduce((sum, { took }) => sum + took, 0)
  const n = Math.max(1, averaged.length)
  return {
    runs: averaged.length,
    ms: us(averaged) / n / 1e3,
    total: us(runs) / 1e3,
    operators: costs(operators, n),
    kernels: costs(kernels, n),
    cut: seen >= MOST_EVENTS,
  }
}

/** Costs of equal name and provider together, longest first. */
export const byOperator = (all: readonly Cost[]): readonly Cost[] => {
  const sums = new Map<string, Cost>()
  for (const cost of all) {
    const key = `${cost.name} ${cost.provider}`
    const { calls, ms, flops } = sums.get(key) ?? { calls: 0, ms: 0, flops: 0 }
    sums.set(key, { ...cost, shapes: '', calls: calls + cost.calls, ms: ms + cost.ms, flops: flops + cost.flops })
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms)
}
