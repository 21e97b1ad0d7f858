import { basename } from 'node:path'
import { rememberedOrder, rowBatch } from '@gfnlm/data'
import type { Fault } from '@gfnlm/env'
import { type ChatTemplate, loadChatTemplate, resolveModel, saveAdapter } from '@gfnlm/policy'
import {
  type RunEvent,
  type Tick,
  type Trainer,
  adamw,
  checkpointEvery,
  learn,
  saveCheckpoint,
  trainer,
  training,
} from '@gfnlm/trainer'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Observable, type OperatorFunction, concat, defer, map, mergeMap } from 'rxjs'
import type { DatasetConfig } from '../config/dataset-config.ts'
import { defined } from '../defined.ts'
import type { Model } from '../load-model.ts'
import { orThrow } from '../or-throw.ts'
import { freeOutput } from '../run/free-output.ts'
import type { RunLearner } from '../run/improvement-of.ts'
import { restored } from '../run/run-checkpoints.ts'
import { modelToTrain } from '../run/model-to-train.ts'
import type { OpenOptions } from '../run/run-config.ts'
import type { RunOptions } from '../run/run-events.ts'
import { runPaths } from '../run/run-paths.ts'
import { learningRateOf } from '../run/schedule-of.ts'
import { type DatasetTask, labelled, pairs, scored, sft } from './dataset-task.ts'
import { readRows } from './read-rows.ts'
import { type RowEncoder, rowEncoder } from './row-encoder.ts'

/** What learns from a dataset, and how each step does. */
export interface DatasetRun {
  readonly config: DatasetConfig
  readonly model: Model
  readonly learner: RunLearner
  readonly improve: OperatorFunction<Tick, RunEvent>
}

const learnerOf = <Item, Batch>(
  { optimizer, ...config }: DatasetConfig,
  { policy }: Model,
  { task }: DatasetTask<Item, Batch>,
): Trainer<Batch> => {
  const { weightDecay, beta1, beta2, clipNorm, accumulate } = optimizer
  return trainer(policy, {
    task,
    optimizer: adamw({ weightDecay, beta1, beta2 }),
    learningRate: learningRateOf({ optimizer, steps: config.steps }),
    device: config.device,
    accumulate,
    ...defined({ clipNorm }),
  })
}

const runOf = <Item, Batch extends object>(
  config: DatasetConfig,
  model: Model,
  kind: DatasetTask<Item, Batch>,
): TE.TaskEither<Fault, DatasetRun> => {
  const { data, rowsPerStep, seed, maxLength = Infinity } = config
  const limit = Math.min(maxLength, model.policy.contextLength)
  return pipe(
    readRows(data.file, kind.encode, { ...data, maxLength: limit }),
    TE.map((rows) => {
      const learner = learnerOf(config, model, kind)
      const order = rememberedOrder()
      return {
        config,
        model,
        learner,
        improve: (ticks$) =>
          ticks$.pipe(
            map(({ step }) => ({ ...kind.batchOf(rowBatch(rows, step, seed, rowsPerStep, order)), step })),
            learn<Batch>(learner),
          ),
      }
    }),
  )
}

const taskOf = (config: DatasetConfig, model: Model, encoder: RowEncoder): TE.TaskEither<Fault, DatasetRun> => {
  const { task, seed } = config
  switch (task.kind) {
    case 'sft':
      return runOf(config, model, sft(encoder, task))
    case 'preference':
      return runOf(config, model, pairs(encoder, task))
    case 'kto':
      return runOf(config, model, labelled(encoder, task))
    case 'reward-model':
      return runOf(config, model, scored(encoder, task, model.policy, seed))
  }
}

/** Loads what a config of a dataset names and checks that it fits together, before anything is written. */
export const loadDatasetRun = (config: DatasetConfig): TE.TaskEither<Fault, DatasetRun> =>
  pipe(
    modelToTrain(config),
    TE.bindTo('model'),
    TE.bind('directory', (): TE.TaskEither<Fault, string> =>
      resolveModel(config.model, defined({ revision: config.revision })),
    ),
    TE.bind('template', ({ directory }): TE.TaskEither<Fault, ChatTemplate | undefined> => loadChatTemplate(directory)),
    TE.chain(({ model, template }) => taskOf(config, model, rowEncoder(model.tokenizer, template))),
  )

/** A run ready to go, and the steps it has behind it. */
export const openDatasetRun = (
  config: DatasetConfig,
  { output, resume = false }: OpenOptions,
): TE.TaskEither<Fault, { readonly run: DatasetRun; readonly behind: number }> =>
  pipe(
    resume ? TE.right(undefined) : freeOutput(output),
    TE.chain(() => loadDatasetRun(config)),
    TE.bindTo('run'),
    TE.bind('behind', ({ run: { learner } }) =>
      resume
        ? pipe(
            restored(learner, { seed: config.seed, updates: 1 }, runPaths(output).checkpoints),
            TE.map((found) => found?.steps ?? 0),
          )
        : TE.right(0),
    ),
  )

/** A run from where its learner stands to its last step: updates, checkpoints on the way and the adapter at the end. */
export const datasetEvents = (run: DatasetRun, { output, signal }: RunOptions): Observable<RunEvent> => {
  const { config, model, learner, improve } = run
  const { steps, seed, checkpoint, task } = config
  const { checkpoints, adapter } = runPaths(output)
  const first = learner.state().step
  const save = () =>
    saveCheckpoint(checkpoints, learner.layout, { state: learner.state(), seed, carried: {} }, checkpoint.keep)
  const finish = async (): Promise<RunEvent[]> => {
    if (learner.state().step < steps) return []
    const head = task.kind === 'reward-model' ? { score: learner.own() } : {}
    await orThrow(saveAdapter(model.policy, learner.trainable(), adapter, head))
    return []
  }
  return training(
    { name: basename(output), steps, seed, from: first, config, ...(signal === undefined ? {} : { stop: signal }) },
    (ticks$) =>
      concat(
        ticks$.pipe(improve, checkpointEvery(checkpoint.every, save)),
        defer(finish).pipe(mergeMap((events) => events)),
      ),
  )
}
