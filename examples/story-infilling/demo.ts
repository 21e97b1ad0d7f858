/**
 * GFlowNet fine-tuning of the shipped story model: fill in a story's fourth sentence, given what comes before and
 * after. Target: the posterior p(Z | X, Y) ∝ p(X Z Y) of the frozen model, intractable for a left-to-right model.
 *
 *   npm run demo [-- --steps 240 --output runs/demo --seed 1 --engine onnx]
 *
 * As in Hu et al. 2024 (arXiv:2310.04363, §4.2): modified SubTB with λ = 1, LoRA, replay, tempered exploration, the
 * reward log p(X Z Y) at every prefix. Different: a model of 0.8 M parameters, stories of a known grammar, so that
 * coherence is judged exactly; a forced stop at the maximum length, and a masked minimum length with the batch's own
 * estimate of log Z as the root's flow, where the reference code has a penalty of 99 nats.
 *
 * On a machine too slow for all steps, training stops after TRAINING_SECONDS: the demo takes at most three minutes.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { deviceFor } from '@gfnlm/cli'
import { prompts } from '@gfnlm/data'
import { tokenMDP } from '@gfnlm/env'
import { fromPretrained, lora, reference, saveAdapter } from '@gfnlm/policy'
import { annotate, infillingLikelihood } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { mixture, onPolicy, replay, replayBuffer, sample, tempered } from '@gfnlm/sampler'
import {
  type RunEvent,
  adamw,
  cosine,
  jsonl,
  lossStep,
  modifiedSubTB,
  progressLine,
  record,
  tensorboard,
  trainer,
  training,
  warmup,
} from '@gfnlm/trainer'
import { lastValueFrom, toArray } from 'rxjs'
import { compare } from './compare.ts'
import { readStories, rightOrThrow, surroundings } from './stories.ts'
import { STORY_MODEL, fileIn } from './paths.ts'
import { printComparison, writeReport } from './show.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '240' },
    output: { type: 'string', default: 'runs/demo' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string' },
  },
})
const [steps, seed, output] = [Number(values.steps), Number(values.seed), values.output]
const TRAINING_SECONDS = 130
const device = rightOrThrow(await deviceFor(values.engine, 'cpu', process.stderr)())
const started = Date.now()

const policy = await fromPretrained(STORY_MODEL, { adapter: lora({ r: 16, alpha: 32 }) })
const tokenizer = policy.tokenizer!
const [train, heldOut] = [
  await readStories(fileIn('prompts.jsonl'), policy),
  await readStories(fileIn('held-out.jsonl'), policy),
]

const mdp = tokenMDP({ terminator: tokenizer.idOf('.')!, minLength: 9, maxLength: 13 })
const reward = infillingLikelihood(reference(policy), { surroundings: surroundings(tokenizer), device })
const learner = trainer(policy, {
  task: modifiedSubTB(mdp, { lambda: 1 }),
  optimizer: adamw(),
  learningRate: warmup(10, cosine(5e-3, 2.5e-4, steps)),
  clipNorm: 1,
  device,
})
const memory = { current: replayBuffer({ capacity: 20, tolerance: 0.1 }) }

const evaluation = { mdp, reward, prompts: heldOut, perPrompt: 8, seed, device }
const before = await compare(learner, evaluation, ['base', 'tempered', 'beam'])

const run$ = training(
  { name: 'story-infilling', steps, seed, config: values, stop: AbortSignal.timeout(1000 * TRAINING_SECONDS) },
  (ticks$) =>
    ticks$.pipe(
      prompts(train, { perStep: 4 }),
      sample(learner, {
        mdp,
        perPrompt: 10,
        device,
        explore: mixture([
          { share: 2, explore: onPolicy },
          { share: 1, explore: tempered(0.5, 1.5) },
        ]),
      }),
      annotate(reward),
      replay(memory, { perPrompt: 2 }),
      reweight(uniform),
      lossStep(learner),
    ),
)

mkdirSync(output, { recursive: true })
const sinks = [progressLine(), rightOrThrow(jsonl(join(output, 'metrics.jsonl'))), rightOrThrow(tensorboard(output))]
const events: readonly RunEvent[] = await lastValueFrom(run$.pipe(record(sinks), toArray()))
const after = await compare(learner, evaluation, ['gflownet'])

rightOrThrow(await saveAdapter(policy, learner.trainable(), join(output, 'adapter'))())
printComparison(before, after, tokenizer)
const figures = writeReport(join(output, 'report.html'), {
  events,
  before,
  after,
  tokenizer,
  seconds: (Date.now() - started) / 1000,
})
process.stdout.write(
  `\nreport ${join(output, 'report.html')}\nadapter ${join(output, 'adapter')}\n${JSON.stringify(figures)}\n`,
)
