/** peak-memory DIRECTORY: the most memory a process held while it loaded a model and trained an adapter on it. */
import { fromPretrained } from '@gfnlm/policy'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { PeakMemory } from '../families/memory.ts'
import { gpt2Shape } from '../shapes.ts'
import { adapterOf, trainingStep } from '../steps.ts'

const directory = process.argv[2]!
const before = process.memoryUsage.rss()
const step = trainingStep(await fromPretrained(directory, { adapter: adapterOf(gpt2Shape) }), gpt2Shape)
for (let i = 0; i < 5; i++) await step()
const report: PeakMemory = {
  weights: statSync(join(directory, 'model.safetensors')).size,
  // maxRSS is in kilobytes, of 1024
  peak: process.resourceUsage().maxRSS * 1024,
  before,
  after: process.memoryUsage.rss(),
}
process.stdout.write(JSON.stringify(report))
