/**
 * Times llama.cpp on one GGUF file. The work is a JSON object, the only argument:
 *
 *   { "model": "x.gguf", "work": "decode",   "rows": 8, "cached": 64 }
 *   { "model": "x.gguf", "work": "sampling", "completions": 512, "tokens": 64, "bos": 1 }
 *
 * Both may have "threads", a list, and sampling "batches", a list: the fastest is found first. Then it prints one JSON
 * line with what was chosen, and answers every line on its standard input, a number, with the milliseconds of that
 * many runs as a JSON list.
 *
 * It works on the addon beneath node-llama-cpp's classes: its queue of evaluations costs up to as much as llama.cpp
 * itself on small models, and llama.cpp is what is to be measured.
 */
import { createInterface } from 'node:readline'
import { llama, modelOf } from './model.mjs'

const work = JSON.parse(process.argv[2])
const model = await modelOf(work.model)

const timed = async (run) => {
  const start = performance.now()
  await run()
  return performance.now() - start
}

const opened = async ({ rows, threads, columns }) => {
  const context = await model.createContext({
    sequences: rows,
    contextSize: columns,
    batchSize: Math.max(512, rows),
    threads,
  })
  return { context, addon: context._ctx }
}

/** One token for each row, placed at `column`. Returns where the logits of each row are. */
const evaluate = async (addon, tokens, column) => {
  addon.initBatch(tokens.length)
  const at = tokens.map((token, row) => addon.addToBatch(row, column, Uint32Array.of(token), Uint32Array.of(0))[0])
  await addon.decodeBatch()
  return at
}

/** A step of `rows` rows with `cached` columns before it, to logits. */
const decoding = async ({ rows, cached }, { threads }) => {
  const { context, addon } = await opened({ rows, threads, columns: cached + 8 })
  for (let row = 0; row < rows; row++) {
    addon.initBatch(cached)
    addon.addToBatch(
      row,
      0,
      Uint32Array.from({ length: cached }, (_, i) => (row * 7919 + i * 104729) % 256),
      Uint32Array.of(cached - 1),
    )
    await addon.decodeBatch()
  }
  const run = async () => {
    const ms = await timed(() =>
      evaluate(
        addon,
        Array.from({ length: rows }, (_, row) => row),
        cached,
      ),
    )
    for (let row = 0; row < rows; row++) addon.removeTokenCellsFromSequence(row, cached, cached + 1)
    return ms
  }
  return { run, trial: run, context }
}

/** `completions` rows of `tokens` tokens drawn after `bos`, `batch` rows at a time. */
const sampling = async ({ completions, tokens, bos }, { threads, batch }) => {
  const { context, addon } = await opened({ rows: batch, threads, columns: tokens + 8 })
  const samplers = Array.from({ length: batch }, (_, row) => {
    const sampler = new llama._bindings.AddonSampler(model._model)
    sampler.applyConfig({ temperature: 1, topK: 0, topP: 1, minP: 0, seed: row + 1 })
    return sampler
  })
  const drawn = async (length) => {
    for (let row = 0; row < batch; row++) addon.disposeSequence(row)
    let last = Array(batch).fill(bos)
    for (let t = 0; t < length; t++) {
      const at = await evaluate(addon, last, t)
      last = await Promise.all(at.map((index, row) => addon.sampleToken(index, samplers[row])))
    }
  }
  const run = () =>
    timed(async () => {
      for (let done = 0; done < completions; done += batch) await drawn(tokens)
    })
  // A few tokens tell how fast a setting is: some are a hundred times slower than others.
  const trial = async () => ((await timed(() => drawn(8))) / (8 * batch)) * completions * tokens
  return { run, trial, context }
}

const open = work.work === 'decode' ? decoding : sampling
const candidates = (work.threads ?? [1, llama.cpuMathCores]).flatMap((threads) =>
  (work.batches ?? [1]).map((batch) => ({ threads, batch })),
)

let best
const tried = []
for (const candidate of candidates) {
  const opening = await open(work, candidate)
  let ms = Infinity
  // The least of a few trials; what is many times slower than the best needs no second one.
  for (let trial = 0; trial < 4 && !(trial > 0 && ms > 5 * best?.ms); trial++) ms = Math.min(ms, await opening.trial())
  tried.push({ ...candidate, ms: Math.round(ms * 10) / 10 })
  if (best === undefined || ms < best.ms) {
    await best?.opening.context.dispose()
    best = { ms, candidate, opening }
  } else await opening.context.dispose()
}
process.stdout.write(
  `${JSON.stringify({ peer: 'llama.cpp', release: llama.llamaCppRelease?.release, ...best.candidate, tried })}\n`,
)

for await (const line of createInterface({ input: process.stdin })) {
  const times = []
  for (let i = 0; i < Number(line); i++) times.push(await best.opening.run())
  process.stdout.write(`${JSON.stringify(times)}\n`)
}
process.exit(0)
