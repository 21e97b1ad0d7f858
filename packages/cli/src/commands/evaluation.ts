import { command, type Command } from './command.ts'
import { REVISION, modelAssignments } from './model-options.ts'

const options = {
  config: { type: 'text', value: 'CONFIG', about: 'config whose prompts, lengths and reward are used', required: true },
  model: { type: 'text', value: 'DIR', about: "model directory or hub id, instead of the config's" },
  revision: REVISION,
  adapter: { type: 'text', value: 'DIR', about: 'PEFT adapter, compared with the model without it' },
  n: { type: 'number', short: 'n', value: 'N', about: 'completions of each prompt', default: 16, whole: true, from: 2 },
  limit: { type: 'number', value: 'N', about: 'evaluate the first N prompts only', whole: true, from: 1 },
  seed: { type: 'number', value: 'N', about: 'same seed, same completions', default: 0, whole: true },
  set: { type: 'text', value: 'FIELD=VALUE', about: 'replace a field of the config', many: true },
  json: { type: 'flag', about: 'print one JSON object' },
} as const

const ABOUT: Readonly<Record<string, string>> = {
  log_reward: 'mean log R of a completion, nats',
  log_ratio_variance: 'mean Var(log R/T − log P_F) of a prompt; 0 at the posterior',
  log_z: 'mean estimate of log Z',
  mean_length: 'tokens',
  distinct_1: 'different tokens / tokens, of a prompt',
  distinct_2: 'different pairs / pairs, of a prompt',
  pairwise_distance: 'mean edit distance of pairs, 0 to 1',
  unique: 'different completions / completions',
  failed: 'completions without a reward',
}

/** `gfnlm eval`: how close a policy is to the posterior it should sample from, and how diverse. */
export const evaluation: Command = command({
  name: 'eval',
  summary: 'reward, closeness to the posterior and diversity of a policy, adapter and base side by side',
  positionals: [],
  options,
  example: 'gfnlm eval --config examples/configs/infilling.yaml --adapter runs/infilling/adapter -n 16 --json',
  act: async ({ config: file, model, revision, adapter, n, limit, seed, set, json, engine }, _, { out, err }) => {
    const [{ readConfig }, { evaluateConfig }, { deviceFor }, { orThrow }] = await Promise.all([
      import('../config/read-config.ts'),
      import('../evaluate/evaluate-config.ts'),
      import('../device.ts'),
      import('../or-throw.ts'),
    ])
    const chosen = modelAssignments({ model, revision })
    const given = await orThrow(async () => readConfig(file, [...set, ...chosen]))
    const config = { ...given, device: await orThrow(deviceFor(engine, given.device, err)) }
    const found = await orThrow(evaluateConfig(config, { adapter, n, limit, seed }))
    if (json) {
      const { base, adapter: tuned, ...rest } = found
      out(
        `${JSON.stringify({ ...rest, seed, base: base.figures, ...(tuned === undefined ? {} : { adapter: tuned.figures }) })}\n`,
      )
      return 0
    }
    const cell = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(4)).padStart(12)
    out(
      `${found.prompts} prompts, ${n} completions of each\n${''.padEnd(20)}${'base'.padStart(12)}${found.adapter === undefined ? '' : 'adapter'.padStart(12)}\n`,
    )
    for (const name of Object.keys(ABOUT))
      out(
        `${name.padEnd(20)}${cell(found.base.figures[name])}${found.adapter === undefined ? '' : cell(found.adapter.figures[name])}  ${ABOUT[name]}\n`,
      )
    return 0
  },
})
