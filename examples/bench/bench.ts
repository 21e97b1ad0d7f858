/**
 * How fast a LoRA training step and a cached decode are, and how much faster than PyTorch on the same cores.
 *
 *   npm run bench [-- --quick] [-- --json]
 *
 * Shapes: GPT-2 124M, 8 rows of 64 tokens; L D H V T B R in the environment change them, BENCH_RUNS the rounds
 * (default 5), PYTHON the interpreter, GFNLM_THREADS and THREADS the threads of ours and of PyTorch's (default: every
 * core). Takes about two minutes.
 */
import { type PretrainedPolicy, lora, randomPolicy } from '@gfnlm/policy'
import { type Comparison, compare } from './compare.ts'
import { type Gpt2Shape, gpt2Config, shapeFrom } from './gpt2-shape.ts'
import { type Peer, pythonWithTorch, startPeer } from './peer.ts'
import { type Step, decodeStep, trainingStep } from './steps.ts'

interface Benchmark {
  readonly name: string
  readonly script: string
  /** Smallest ratio that is good enough. */
  readonly limit: number
  readonly steps: number
  readonly tokens: (shape: Gpt2Shape) => number
  readonly open: (policy: PretrainedPolicy, shape: Gpt2Shape) => Step | Promise<Step>
}

const BENCHMARKS: readonly Benchmark[] = [
  { name: 'LoRA training step', script: 'lora_train_step', limit: 2.5, steps: 2, tokens: ({ B, T }) => B * T, open: trainingStep },
  { name: 'cached decode', script: 'decode_step', limit: 5, steps: 15, tokens: ({ B }) => B, open: decodeStep },
]

const json = process.argv.includes('--json')
const quick = process.argv.includes('--quick')
const rounds = Number(process.env['BENCH_RUNS'] ?? (quick ? 2 : 5))
const shape = shapeFrom(process.env)
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`)

const row = ({ name, limit, tokens }: Benchmark, { ours, peer, ratio }: Comparison): string => {
  const cells = [
    name.padEnd(20),
    `${ours.toFixed(1)} ms`.padStart(11),
    `${Math.round((tokens(shape) / ours) * 1e3)}`.padStart(9),
    (peer === null ? '-' : `${peer.toFixed(1)} ms`).padStart(11),
    (ratio === null ? '-' : `${ratio.toFixed(2)} x`).padStart(9),
    `${limit} x`.padStart(7),
  ]
  return cells.join('  ') + (ratio !== null && ratio < limit ? '  below the limit' : '')
}

/** Without its peer a benchmark still says how fast ours is. */
const peerOf = async (python: string | undefined, script: string): Promise<Peer | undefined> => {
  if (python === undefined) return undefined
  return startPeer(python, script, shape).catch((error: Error) => {
    say(error.message)
    return undefined
  })
}

const made = randomPolicy(gpt2Config(shape), { seed: 1, adapter: lora({ r: shape.R, alpha: 2 * shape.R, targets: ['c_attn'] }) })
if (made._tag === 'Left') throw made.left
const python = pythonWithTorch()
if (python === undefined) say('PyTorch not installed: apt-get install -y python3-torch libopenblas0-pthread')
say(`${'ms a step, medians'.padEnd(20)}  ${'ours'.padStart(11)}  ${'tokens/s'.padStart(9)}  ${'PyTorch'.padStart(11)}  ${'ratio'.padStart(9)}  ${'limit'.padStart(7)}`)
for (const benchmark of BENCHMARKS) {
  const { name, script, limit, steps, open } = benchmark
  const step = await open(made.right, shape)
  const peer = await peerOf(python, script)
  const comparison = await compare(step, peer, rounds, steps)
  peer?.stop()
  say(row(benchmark, comparison))
  if (json) process.stdout.write(`${JSON.stringify({ name, ...comparison, limit, unit: 'ms' })}\n`)
}
