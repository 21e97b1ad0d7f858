import { command, type Command } from './command.ts'
import { REVISION } from './model-options.ts'

const options = {
  model: { type: 'text', value: 'DIR', about: 'model directory or hub id', required: true },
  revision: REVISION,
  text: { type: 'text', value: 'TEXT', about: 'the text to score', required: true },
  adapter: { type: 'text', value: 'DIR', about: 'PEFT adapter to put on the model' },
  quantize: { type: 'number', value: 'BITS', about: 'keep the linear layers in blocks of 4 or 8 bits', whole: true },
  device: { type: 'text', value: 'NAME', about: 'cpu, webgpu, cuda or tfjs:<backend>', default: 'cpu' },
  json: { type: 'flag', about: 'print one JSON object: {"tokens":[…],"logprobs":[…]}' },
} as const

/** `gfnlm score`: what a model thinks of a text, token by token. */
export const scoring: Command = command({
  name: 'score',
  summary: 'log-probability of each token of a text after the first',
  positionals: [],
  options,
  example: 'gfnlm score --model examples/story-model/model --text "The fox found a lamp." --json',
  act: async ({ model, revision, adapter, text, quantize, device, json, engine }, _, { out, err }) => {
    const [{ loadFrozen }, { scoreTokens }, { deviceFor }, { orThrow }] = await Promise.all([
      import('../load-model.ts'),
      import('../score/score-tokens.ts'),
      import('../device.ts'),
      import('../or-throw.ts'),
    ])
    const where = await orThrow(deviceFor(engine, device, err))
    const { policy, tokenizer } = await orThrow(loadFrozen({ model, revision, adapter, quantize }))
    const tokens = tokenizer.encode(text)
    const logprobs = await orThrow(scoreTokens(policy, tokens, where))
    if (json) {
      out(`${JSON.stringify({ tokens: [...tokens], logprobs: [...logprobs] })}\n`)
      return 0
    }
    const line = (id: number, logprob: string): string =>
      `${String(id).padStart(7)}  ${logprob.padStart(10)}  ${JSON.stringify(tokenizer.tokenOf(id) ?? '')}\n`
    out(
      `  token    log-prob\n${[...tokens].map((id, i) => line(id, i === 0 ? '' : logprobs[i - 1]!.toFixed(6))).join('')}`,
    )
    const sum = logprobs.reduce((a, b) => a + b, 0)
    out(`total ${sum.toFixed(6)} nats, perplexity ${Math.exp(-sum / Math.max(1, logprobs.length)).toFixed(4)}\n`)
    return 0
  },
})
