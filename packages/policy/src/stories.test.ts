import { beforeAll, describe, expect, it } from 'vitest'
import * as tf from '@tensorflow/tfjs-core'
import { fromPretrained, lora } from './index.ts'
import { STORIES, hasStories } from './testing/small-models.ts'
import { apart, eagerLogProbs, eagerLogits } from './testing/eager.ts'

beforeAll(() => tf.setBackend('cpu'))

// Tokens and log-probs of the model's own reference run, to 1e-4.
const TEXT = 'Once upon a time, Lily'
const TOKENS = [1, 403, 407, 261, 378, 432, 317]
const LOG_PROBS = [-0.2437432, -0.0175127, -0.0121104, -0.0007238, -0.0317028, -10.1699582]

describe.skipIf(!hasStories)('the stories260K Llama (GFNLM_SHARED or ../shared has models/)', () => {
  it('tokenizes and scores as its reference does', async () => {
    const policy = await fromPretrained(STORIES)
    const tokens = [...policy.tokenizer!.encode(TEXT)]
    expect(tokens).toEqual(TOKENS)
    expect(apart(eagerLogProbs(policy, tokens), LOG_PROBS)).toBeLessThan(1e-4)
    expect(policy.tokenizer!.decode(tokens)).toBe(TEXT)
    expect(policy.tokenizer).toMatchObject({ vocabSize: 512, bos: 1, eos: 2, pad: undefined })
  })

  it('scores the same to the bit with a fresh adapter', async () => {
    const base = await fromPretrained(STORIES)
    const adapted = await fromPretrained(STORIES, { adapter: lora({ r: 4 }) })
    expect(Object.keys(adapted.trainable)).toHaveLength(5 * 7 * 2)
    expect(eagerLogits(adapted, [TOKENS])).toEqual(eagerLogits(base, [TOKENS]))
  })
})
