/**
 * quantized-base DIRECTORY BITS WORK: median milliseconds of a step on a base kept in so many bits, and the memory of the
 * process: resident when all is imported and nothing loaded, and at most.
 */
import { fromPretrained } from '@gfnlm/policy'
import { median, timed } from '../measure/compare.ts'
import { gpt2Shape } from '../shapes.ts'
import { adapterOf, decodeStep, trainingStep } from '../steps.ts'

/** What the child prints: milliseconds, and bytes. */
export interface QuantizedStep {
  readonly step: number
  readonly before: number
  readonly peak: number
}

const [directory, bits, work] = process.argv.slice(2) as [string, string, 'train' | 'decode']
const before = process.memoryUsage.rss()
const quantize = bits === '32' ? {} : { quantize: { bits: Number(bits) as 4 | 8 } }
const policy = await fromPretrained(directory, { adapter: adapterOf(gpt2Shape), ...quantize })
const run = work === 'train' ? trainingStep(policy, gpt2Shape) : await decodeStep(policy, gpt2Shape)
const { times } = timed('', 1, run)
await times(2)
const step = median(await times(work === 'train' ? 5 : 40))
// maxRSS is in kilobytes, of 1024
process.stdout.write(
  JSON.stringify({ step, before, peak: process.resourceUsage().maxRSS * 1024 } satisfies QuantizedStep),
)
process.exit(0)
