/**
 * Trains the story model that the repository ships, from nothing, with the library's own supervised loss:
 *
 *   node examples/dist/story-model/train.js [--steps 4000] [--output examples/story-model/model]
 *
 * Writes a Hugging Face directory and training.json beside it with the held-out loss and its distance from the
 * grammar's entropy. The same command gives the same bytes on the same kind of machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { randomPolicy, savePretrained } from '@gfnlm/policy'
import { type TextBatch, adamw, cosine, learn, supervised, trainer, training, warmup } from '@gfnlm/trainer'
import { getOrElseW } from 'fp-ts/lib/Either.js'
import { lastValueFrom, map, tap } from 'rxjs'
import { type Document, documents } from './corpus.ts'
import { grammarEntropy } from './grammar-entropy.ts'
import { heldOutLoss } from './held-out-loss.ts'
import { storyModelConfig } from './model-config.ts'
import { tokenizerFiles } from './tokenizer-json.ts'

const HERE = join(dirname(fileURLToPath(import.meta.url)), '../../story-model')
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '4000' },
    output: { type: 'string', default: join(HERE, 'model') },
    seed: { type: 'string', default: '1' },
  },
})
const [steps, seed] = [Number(values.steps), Number(values.seed)]
const ROWS = 32
const DOCUMENTS = 60_000

const policy = getOrElseW((fault: Error) => {
  throw fault
})(randomPolicy(storyModelConfig(), { seed, name: 'story-model' }))
const learner = trainer(policy, {
  task: supervised(),
  optimizer: adamw({ beta2: 0.98, weightDecay: 0.01 }),
  learningRate: warmup(200, cosine(3e-3, 3e-5, steps)),
  clipNorm: 1,
})

process.stderr.write(`drawing ${DOCUMENTS} documents\n`)
const corpus = documents(seed, 'train', DOCUMENTS)
const given = ({ form, storyStart, tokens }: Document) => ({ tokens, given: form === 'plain' ? 1 : storyStart })
const batchOf = (step: number): TextBatch & { readonly step: number } => {
  const key = fold(keyOf(seed), 'story-batch', step)
  return {
    step,
    width: 88,
    rows: Array.from({ length: ROWS }, (_, i) => given(corpus[uniformInt(key, corpus.length, i)]!)),
  }
}

const started = Date.now()
await lastValueFrom(
  training({ name: 'story-model', steps, seed }, (ticks$) =>
    ticks$.pipe(
      map(({ step }) => batchOf(step)),
      learn(learner),
    ),
  ).pipe(
    tap((event) => {
      if (event.type === 'step' && (event.step + 1) % 100 === 0)
        process.stderr.write(
          `${event.step + 1}/${steps} loss ${event.metrics['loss']!.toFixed(4)} ${Math.round((Date.now() - started) / 1000)} s\n`,
        )
    }),
  ),
)

const plain = documents(seed, 'held-out', 3000).filter(({ form }) => form === 'plain')
const loss = await heldOutLoss({ policy, trainable: learner.trainable }, plain)
const entropy = grammarEntropy()
const figures = {
  steps,
  rows: ROWS,
  heldOutDocuments: plain.length,
  ...loss,
  grammarEntropyPerToken: entropy.perToken,
  excess: loss.perToken - loss.grammarPerToken,
}
process.stderr.write(`${JSON.stringify(figures)}\n`)

mkdirSync(values.output, { recursive: true })
for (const [name, json] of Object.entries(tokenizerFiles()))
  writeFileSync(join(values.output, name), `${JSON.stringify(json)}\n`)
const saved = await savePretrained(policy, learner.trainable(), values.output)()
if (saved._tag === 'Left') throw saved.left
writeFileSync(join(values.output, 'training.json'), `${JSON.stringify(figures, null, 2)}\n`)
