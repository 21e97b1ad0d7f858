/**
 * Probabilities of the token after each of some rows of ids, in fp32 throughout, as one JSON list a row.
 *
 *   node next-token.mjs model.gguf '[[1,403,407],[1]]'
 */
import { llama, modelOf } from './model.mjs'

const [path, rows] = process.argv.slice(2)
const model = await modelOf(path)
// llama.cpp keeps keys and values in half precision and its fused attention rounds to it, unless told otherwise.
const context = await model.createContext({
  contextSize: 256, threads: 1, flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32',
})
const sequence = context.getSequence()
for (const ids of JSON.parse(rows)) {
  await sequence.clearHistory()
  const asked = ids.map((id, i) => (i === ids.length - 1 ? [id, { generateNext: { probabilities: true } }] : id))
  const { next } = (await sequence.controlledEvaluate(asked)).at(-1)
  const probabilities = [...next.probabilities].sort(([a], [b]) => a - b).map(([, p]) => p)
  process.stdout.write(`${JSON.stringify(probabilities)}\n`)
}
await llama.dispose()
