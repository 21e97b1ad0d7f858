import { command, type Command } from './command.ts'
import { REVISION } from './model-options.ts'

const options = {
  model: { type: 'text', value: 'DIR', about: 'model directory or hub id', required: true },
  revision: REVISION,
  adapter: { type: 'text', value: 'DIR', about: 'PEFT adapter to put on the model' },
  quantize: { type: 'number', value: 'BITS', about: 'keep the linear layers in blocks of 4 or 8 bits', whole: true },
  prompt: { type: 'text', value: 'TEXT', about: 'what to continue', many: true },
  prompts: { type: 'text', value: 'FILE', about: 'JSONL file with a column "prompt"' },
  n: { type: 'number', short: 'n', value: 'N', about: 'completions of each prompt', default: 1, whole: true, from: 1 },
  'max-new-tokens': { type: 'number', value: 'N', about: 'longest completion', default: 32, whole: true, from: 1 },
  'min-new-tokens': { type: 'number', value: 'N', about: 'shortest completion', default: 0, whole: true, from: 0 },
  stop: {
    type: 'text',
    value: 'TOKEN',
    about: "token that ends a completion (those that end the model's own if absent)",
  },
  seed: { type: 'number', value: 'N', about: 'same seed, same completions', default: 0, whole: true },
  temperature: {
    type: 'number',
    value: 'T',
    about: 'divides the logits; 0 takes the most likely token',
    default: 1,
    from: 0,
  },
  'top-k': { type: 'number', value: 'K', about: 'keep the K most likely tokens', whole: true, from: 1 },
  'top-p': { type: 'number', value: 'P', about: 'keep the most likely tokens up to this mass', from: 0, to: 1 },
  'min-p': {
    type: 'number',
    value: 'P',
    about: 'keep tokens this fraction as likely as the likeliest',
    from: 0,
    to: 1,
  },
  device: { type: 'text', value: 'NAME', about: 'cpu, webgpu, cuda or tfjs:<backend>', default: 'cpu' },
  json: { type: 'flag', about: 'print one JSON object a prompt' },
} as const

/** `gfnlm sample`: completions of prompts. */
export const sampling: Command = command({
  name: 'sample',
  summary: 'completions of a prompt, with their log-probabilities',
  positionals: [],
  options,
  example:
    'gfnlm sample --model examples/story-model/model --prompt "The fox" -n 4 --max-new-tokens 32 --seed 1 --json',
  act: async ({ engine, ...values }, _, { out, err }) => {
    const [{ sampleTexts }, { deviceFor }, { orThrow }] = await Promise.all([
      import('../sample/sample-texts.ts'),
      import('../device.ts'),
      import('../or-throw.ts'),
    ])
    const all = await orThrow(sampleTexts({ ...values, device: await orThrow(deviceFor(engine, values.device, err)) }))
    for (const answer of all) {
      if (values.json) out(`${JSON.stringify(answer)}\n`)
      else
        out(
          `${answer.prompt}\n${answer.completions.map(({ text, logprob, finished }) => `  ${logprob.toFixed(3).padStart(9)}  ${text.trim()}${finished ? '' : ' …'}\n`).join('')}`,
        )
    }
    return 0
  },
})
