import * as v from 'valibot'
import type { DatasetConfig, TaskConfig } from './dataset-config.ts'
import { above0, atLeast0, device, fields, oneOf, shortFor, text, whole } from './fields.ts'
import { adapter, checkpoint, optimizer, quantize, rateScale, revision } from './schema.ts'

const task: v.GenericSchema<unknown, TaskConfig> = shortFor(
  'kind',
  v.variant(
    'kind',
    [
      fields({ kind: v.literal('sft'), loss: v.optional(oneOf(['cross-entropy', 'dft']), 'cross-entropy') }),
      fields({
        kind: v.literal('preference'),
        loss: v.optional(oneOf(['dpo', 'ipo', 'hinge', 'simpo', 'orpo', 'cpo']), 'dpo'),
        beta: v.optional(above0()),
      }),
      fields({
        kind: v.literal('kto'),
        beta: v.optional(above0(), 0.1),
        desirableWeight: v.optional(atLeast0(), 1),
        undesirableWeight: v.optional(atLeast0(), 1),
      }),
      fields({
        kind: v.literal('reward-model'),
        centring: v.optional(atLeast0(), 0),
        rateScale: rateScale(1),
      }),
    ],
    'one of sft, preference, kto, reward-model',
  ) as v.GenericSchema<unknown, TaskConfig>,
)

const column = v.optional(text())

const columns = fields({
  prompt: column,
  completion: column,
  text: column,
  messages: column,
  chosen: column,
  rejected: column,
  label: column,
})

/** What a config file with a `task` may say; every default is here. */
export const datasetSchema: v.GenericSchema<unknown, DatasetConfig> = fields({
  task,
  model: text(),
  revision,
  quantize: v.optional(quantize),
  adapter: v.optional(adapter, {}),
  data: shortFor(
    'file',
    fields({
      file: text(),
      columns: v.optional(columns, {}),
      longer: v.optional(oneOf(['fail', 'drop', 'keep-start', 'keep-end']), 'fail'),
    }),
  ),
  rowsPerStep: v.optional(whole(1), 8),
  maxLength: v.optional(whole(2)),
  optimizer: v.optional(optimizer, {}),
  steps: v.optional(whole(1), 200),
  seed: v.optional(whole(0), 0),
  device: v.optional(device(), 'cpu'),
  checkpoint,
  output: v.optional(text()),
}) as v.GenericSchema<unknown, DatasetConfig>
