/**
 * Answers questions about GGUF files, each a line on its standard input, each answer a line on its standard output:
 *
 *   {"model": "x.gguf", "rows": [[1, 403, 407], [1]]}   probabilities of the token after each row of ids, in fp32 throughout
 *   {"model": "x.gguf", "texts": ["a b", ""]}           ids of each text, without special tokens
 *
 *   node ask.mjs < questions.jsonl
 */
import { createInterface } from 'node:readline'
import { llama, modelOf } from './model.mjs'

// llama.cpp keeps keys and values in half precision and its fused attention rounds to it, unless told otherwise.
const EXACT = {
  threads: 1,
  flashAttention: false,
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
}

const probabilitiesAfter = async (sequence, ids) => {
  await sequence.clearHistory()
  const asked = ids.map((id, i) => (i === ids.length - 1 ? [id, { generateNext: { probabilities: true } }] : id))
  const { next } = (await sequence.controlledEvaluate(asked)).at(-1)
  return [...next.probabilities].sort(([a], [b]) => a - b).map(([, p]) => p)
}

const answerRows = async (model, rows) => {
  const context = await model.createContext({ contextSize: 256, ...EXACT })
  const sequence = context.getSequence()
  const answer = []
  for (const ids of rows) answer.push(await probabilitiesAfter(sequence, ids))
  return answer
}

for await (const line of createInterface({ input: process.stdin })) {
  const { model: path, rows, texts } = JSON.parse(line)
  const model = await modelOf(path)
  const answer = rows === undefined ? texts.map((text) => model.tokenize(text)) : await answerRows(model, rows)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
  await model.dispose()
}
await llama.dispose()
