/** step-times STEPS: milliseconds of a training step and of a cached decode step at the shape of the environment. */
import { median, timed } from '../measure/compare.ts'
import { gpt2Shape } from '../shapes.ts'
import { decodeStep, policyOf, trainingStep } from '../steps.ts'

const steps = Number(process.argv[2])
const medianOf = async (run: () => Promise<unknown>, count: number): Promise<number> => {
  const { times } = timed('', count, run)
  await times(2)
  return median(await times(count))
}
const policy = policyOf(gpt2Shape)
const training = await medianOf(trainingStep(policy, gpt2Shape), steps)
const decode = await medianOf(await decodeStep(policy, gpt2Shape), 5 * steps)
process.stdout.write(JSON.stringify({ training, decode }))
process.exit(0)
