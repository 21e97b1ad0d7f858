/**
 * Probabilities of the token after rows of ids, in fp32 throughout. Every line on its standard input is a question,
 * {"model": "x.gguf", "rows": [[1, 403, 407], [1]]}; it answers each with a line, a JSON list of a list for each row.
 *
 *   node next-token.mjs < questions.jsonl
 */
import { createInterface } from 'node:readline'
import { llama, modelOf } from './model.mjs'

// llama.cpp keeps keys and values in half precision and its fused attention rounds to it, unless told otherwise.
const EXACT = { threads: 1, flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' }

const probabilitiesAfter = async (sequence, ids) => {
  await sequence.clearHistory()
  const asked = ids.map((id, i) => (i === ids.length - 1 ? [id, { generateNext: { probabilities: true } }] : id))
  const { next } = (await sequence.controlledEvaluate(asked)).at(-1)
  return [...next.probabilities].sort(([a], [b]) => a - b).map(([, p]) => p)
}

for await (const line of createInterface({ input: process.stdin })) {
  const { model: path, rows } = JSON.parse(line)
  const model = await modelOf(path)
  const context = await model.createContext({ contextSize: 256, ...EXACT })
  const sequence = context.getSequence()
  const answer = []
  for (const ids of rows) answer.push(await probabilitiesAfter(sequence, ids))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
  await model.dispose()
}
await llama.dispose()
