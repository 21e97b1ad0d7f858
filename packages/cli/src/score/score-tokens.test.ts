import { randomPolicy } from '@gfnlm/policy'
import { isLeft, left } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { scoreTokens } from './score-tokens.ts'

test('a last token that the model has not is told, not scored', async () => {
  const made = randomPolicy(
    { model_type: 'gpt2', vocab_size: 3, n_embd: 4, n_layer: 1, n_head: 1, n_positions: 8 },
    { seed: 1 },
  )
  if (isLeft(made)) throw made.left
  expect(await scoreTokens(made.right, Int32Array.of(0, 1, 3))()).toEqual(
    left(expect.objectContaining({ _tag: 'TokenOutOfVocabulary', detail: expect.objectContaining({ token: 3 }) })),
  )
})
