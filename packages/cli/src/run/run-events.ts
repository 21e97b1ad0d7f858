import { basename } from 'node:path'
import { prompts } from '@gfnlm/data'
import { saveAdapter, saveHead } from '@gfnlm/policy'
import { annotate } from '@gfnlm/reward'
import { reweight } from '@gfnlm/reweighter'
import { decoderOf, replay, sample } from '@gfnlm/sampler'
import { type RunEvent, checkpointEvery, training } from '@gfnlm/trainer'
import { type Observable, concat, defer, delayWhen, from, identity, merge, mergeMap } from 'rxjs'
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts'
import { orThrow } from '../or-throw.ts'
import { exploreOf } from './explore-of.ts'
import type { Run } from './load-run.ts'
import { boundOf, estimatorOf } from './reweight-of.ts'
import { saveRun } from './run-checkpoints.ts'
import { runPaths } from './run-paths.ts'
import { sampleTexts } from './sample-texts-of.ts'

export interface RunOptions {
  /** Directory of everything the run writes. */
  readonly output: string
  /** Ends the run after the step in flight, with a checkpoint. */
  readonly signal?: AbortSignal
}

/** What a task has that learned a value head or a flow. */
const VALUE_HEAD = 'v_head.summary.weight'

/** Samples shown of one batch. */
const SHOWN = 16

/** Prompts that are evaluated before and after: whole batches of the shape that training compiles. */
const evaluated = ({ config, prompts: all }: Run): Run['prompts'] => {
  const { promptsPerStep, evaluation } = config
  const n = Math.min(evaluation.prompts, all.length)
  return all.slice(0, n > promptsPerStep ? n - (n % promptsPerStep) : n)
}

/**
 * A run from where its learner stands to its last step: prompts → completions → rewards → weights → updates, with
 * an evaluation before and after, checkpoints on the way and the adapter at the end, its value head beside it.
 */
export const runEvents = (run: Run, { output, signal }: RunOptions): Observable<RunEvent> => {
  const { config, model, mdp, memory, temperature, reward } = run
  const { learner, improve, updates } = run.improvement
  const {
    steps,
    seed,
    device,
    promptsPerStep,
    sampling: { perPrompt, explore },
  } = config
  const { checkpoints, adapter } = runPaths(output)
  const decoder = decoderOf(model.policy, device)
  const stepsMade = (): number => learner.state().step / updates
  const first = stepsMade()

  const evaluate = async (step: number): Promise<RunEvent[]> => {
    const chosen = evaluated(run)
    if (chosen.length === 0) return []
    const { figures, samples } = await evaluatePolicy(learner, {
      model,
      mdp,
      reward,
      prompts: chosen,
      perPrompt,
      together: promptsPerStep,
      temperature: temperature(steps),
      seed,
      device,
      decoder,
    })
    return [{ type: 'eval', step, name: 'prompts', metrics: figures, samples }]
  }
  const finish = async (): Promise<RunEvent[]> => {
    const step = stepsMade()
    if (step < steps) return []
    const after = await evaluate(step)
    await orThrow(saveAdapter(model.policy, learner.trainable(), adapter))
    const own = learner.own()
    if (VALUE_HEAD in own) await orThrow(saveHead('value', own, adapter, model.policy.config.hidden))
    return after
  }

  return training(
    { name: basename(output), steps, seed, from: first, config, ...(signal === undefined ? {} : { stop: signal }) },
    (ticks$) => {
      const before = first === 0 ? evaluate(0) : Promise.resolve([])
      const steps$ = ticks$.pipe(
        delayWhen(() => before),
        prompts(run.prompts, { perStep: promptsPerStep }),
        sample(learner, { mdp, perPrompt, explore: exploreOf(explore), device }, decoder),
        annotate(reward, { temperature }),
        config.replay === false ? identity : replay(memory, config.replay),
        reweight(estimatorOf(config.reweight), boundOf(config.reweight)),
        improve({ samples: sampleTexts(model.tokenizer, SHOWN), every: config.log.samplesEvery }),
        checkpointEvery(config.checkpoint.every, () => saveRun(run, checkpoints)),
      )
      return concat(
        merge(from(before).pipe(mergeMap((events) => events)), steps$),
        defer(finish).pipe(mergeMap((events) => events)),
      )
    },
  )
}
