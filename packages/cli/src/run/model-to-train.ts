import type { Fault } from '@gfnlm/env'
import { lora } from '@gfnlm/policy'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config } from '../config/config.ts'
import { defined } from '../defined.ts'
import { prepareDevice } from '../device.ts'
import { type Model, loadModel } from '../load-model.ts'

/** The model that a config names, with the adapter it asks for, once its device is ready. */
export const modelToTrain = ({
  device,
  model,
  adapter,
  seed,
  quantize,
  revision,
}: Pick<Config, 'device' | 'model' | 'adapter' | 'seed' | 'quantize' | 'revision'>): TE.TaskEither<Fault, Model> =>
  pipe(
    prepareDevice(device),
    TE.chain(() => loadModel(model, { adapter: lora({ ...adapter, seed }), ...defined({ quantize, revision }) })),
  )
