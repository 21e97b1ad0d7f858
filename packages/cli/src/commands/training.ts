import { basename, join } from 'node:path'
import { command, type Command } from './command.ts'
import { REVISION, modelAssignments } from './model-options.ts'

const options = {
  model: { type: 'text', value: 'DIR', about: "model directory or hub id, instead of the config's" },
  revision: REVISION,
  output: {
    type: 'text',
    value: 'DIR',
    about: "where everything is written (if absent, the config's output, or runs/<config name>)",
  },
  resume: { type: 'flag', about: 'go on from the newest checkpoint of the output directory' },
  set: {
    type: 'text',
    value: 'FIELD=VALUE',
    about: 'replace a field of the config: --set optimizer.learningRate=1e-4',
    many: true,
  },
  json: { type: 'flag', about: 'print one JSON object with the final figures on stdout' },
} as const

const more = `Config (YAML or JSON; paths are relative to the file)
  model: ../story-model/model        # directory or hub id; also the frozen judge of the reward
  prompts: prompts.jsonl             # rows {"prompt": "…"}
  mdp: { stop: ".", maxNewTokens: 20 }
  reward: likelihood                 # or { kind: infilling, columns: { beginning, ending } }
  objective: modified-subtb          # or modified-db, vargrad, tb, subtb, db, reinforce, rloo, grpo, dr-grpo, ppo
  optimizer: { learningRate: 0.001 }
  steps: 200
  All fields with their defaults: examples/configs/infilling.yaml

Config of a dataset (JSONL in TRL's columns; text, or messages for the model's chat template)
  task: preference                   # or sft, kto, reward-model; { kind: preference, loss: ipo, beta: 0.1 }
  data: pairs.jsonl                  # sft: prompt and completion, or text, or messages; preference and reward-model:
                                     # prompt, chosen, rejected; kto: prompt, completion, label
  model, adapter, optimizer, steps, seed, checkpoint: as above; rowsPerStep: 8, maxLength: 512
  All fields with their defaults: examples/configs/supervised.yaml

Files written
  config.json  metrics.jsonl  events.out.tfevents…  report.html  checkpoints/  adapter/ (PEFT)
`

/** A name for a run: its config's, or its directory's when that is called after nothing. */
const nameOf = (file: string): string => basename(file).replace(/\.(ya?ml|json)$/, '')

/** `gfnlm train`: fine-tunes an adapter as a config says. */
export const training: Command = command({
  name: 'train',
  summary: 'fine-tune an adapter so that the model samples in proportion to a reward',
  positionals: [{ name: 'CONFIG', about: 'a YAML or JSON file that says what to train' }],
  options,
  more,
  example: 'gfnlm train examples/configs/infilling.yaml --output runs/infilling',
  act: async ({ model, revision, output, resume, set, json, engine }, [file], { out, err }) => {
    const [{ readTrainConfig }, { train }, { stopSignal }, { deviceFor }, { orThrow }] = await Promise.all([
      import('../config/read-config.ts'),
      import('../run/train.ts'),
      import('../stop-signal.ts'),
      import('../device.ts'),
      import('../or-throw.ts'),
    ])
    const chosen = modelAssignments({ model, revision })
    const given = await orThrow(async () => readTrainConfig(file!, [...set, ...chosen]))
    const config = { ...given, device: await orThrow(deviceFor(engine, given.device, err)) }
    const stop = stopSignal(err)
    try {
      const directory = output ?? config.output ?? join('runs', nameOf(file!))
      const result = await orThrow(train(config, { output: directory, resume, signal: stop.signal, terminal: err }))
      if (json) out(`${JSON.stringify(result)}\n`)
      else
        out(
          `${result.reason} after ${result.steps} steps: ${result.adapter ?? `go on with --resume --output ${directory}`}\nreport: ${result.report}\n`,
        )
      return result.reason === 'stopped' ? (stop.exitCode() ?? 0) : 0
    } finally {
      stop.release()
    }
  },
})
