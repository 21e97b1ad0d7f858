/** first-step DIRECTORY: how long the first training steps of a process take. */
import { fromPretrained } from '@gfnlm/policy'
import type { FirstStep } from '../families/first-step.ts'
import { median } from '../measure/compare.ts'
import { gpt2Shape } from '../shapes.ts'
import { adapterOf, trainingStep } from '../steps.ts'

const policy = await fromPretrained(process.argv[2]!, { adapter: adapterOf(gpt2Shape) })
const times: number[] = []
let start = performance.now()
const step = trainingStep(policy, gpt2Shape)
for (let i = 0; i < 5; i++) {
  await step()
  times.push(performance.now() - start)
  start = performance.now()
}
process.stdout.write(JSON.stringify({ first: times[0]!, later: median(times.slice(1)) } satisfies FirstStep))
