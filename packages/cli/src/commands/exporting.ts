import { didYouMean } from '../arguments/closest.ts'
import { usageFault } from '../usage-fault.ts'
import { command, type Command } from './command.ts'
import { REVISION } from './model-options.ts'

const options = {
  model: { type: 'text', value: 'DIR', about: 'model directory or hub id', required: true },
  revision: REVISION,
  adapter: { type: 'text', value: 'DIR', about: "PEFT adapter to merge into the model's weights" },
  format: {
    type: 'text',
    value: 'NAME',
    about: 'gguf: a file for llama.cpp; safetensors: a directory for transformers',
    default: 'gguf',
  },
  output: { type: 'text', value: 'PATH', about: 'what to write; it must not be there yet', required: true },
  dtype: { type: 'text', value: 'NAME', about: 'how matrices are stored: f32, f16 or bf16', default: 'f32' },
  input: {
    type: 'text',
    value: 'NAME',
    about: 'what a GGUF file takes: text, or ids where llama.cpp lacks the tokenizer',
    default: 'text',
  },
  json: { type: 'flag', about: 'print one JSON object' },
} as const

const DTYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const

const INPUTS = { text: 'text', ids: 'ids' } as const

const isKeyOf = <T extends object>(table: T, name: string): name is keyof T & string => Object.hasOwn(table, name)

const notIn = (option: string, name: string, table: object): Error => {
  const names = Object.keys(table)
  return usageFault(`there is no ${option} "${name}"`, didYouMean(name, names, `Take one of ${names.join(', ')}`))
}

/** `gfnlm export`: a model, its adapter merged, in a format that other programs run. */
export const exporting: Command = command({
  name: 'export',
  summary: 'a model with its adapter merged, as a file for llama.cpp or a checkpoint for transformers',
  positionals: [],
  options,
  example:
    'gfnlm export --model examples/story-model/model --adapter runs/infilling/adapter --input ids --output story.gguf',
  act: async ({ model, revision, adapter, format, output, dtype, input, json }, _, { out, err }) => {
    const [{ FORMATS, exportModel }, { orThrow }] = await Promise.all([
      import('../export/export-model.ts'),
      import('../or-throw.ts'),
    ])
    if (!isKeyOf(FORMATS, format)) throw notIn('format', format, FORMATS)
    if (!isKeyOf(DTYPES, dtype)) throw notIn('dtype', dtype, DTYPES)
    if (!isKeyOf(INPUTS, input)) throw notIn('input', input, INPUTS)
    const written = await orThrow(
      exportModel({ model, revision, adapter, format, output, dtype: DTYPES[dtype], input: INPUTS[input] }),
    )
    for (const note of written.notes) err.write(`warning: ${output}: ${note}\n`)
    out(
      json
        ? `${JSON.stringify(written)}\n`
        : `${output}: ${format}, ${dtype}, ${(written.bytes / 1e6).toFixed(1)} MB${adapter === undefined ? '' : `, ${adapter} merged`}\n`,
    )
    return 0
  },
})
