import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTokenizer } from '@gfnlm/policy'
import { expect, test } from 'vitest'
import { orThrow } from '../or-throw.ts'
import { tinyModel } from '../testing/tiny-model.ts'
import { mdpOf } from './mdp-of.ts'

const directory = await tinyModel()
// In the tiny model's words: a full stop and "fox".
await writeFile(join(directory, 'generation_config.json'), JSON.stringify({ eos_token_id: [3, 6] }))
const tokenizer = await orThrow(loadTokenizer(directory))
const mdp = { minNewTokens: 0, maxNewTokens: 4, forbidden: [] }

test("completions end at the model's own tokens, or at the one that is named", () => {
  expect(mdpOf({ mdp }, tokenizer, 16)).toMatchObject({ right: { terminator: 2, ends: [3, 6], maxLength: 4 } })
  expect(mdpOf({ mdp: { ...mdp, stop: '.' } }, tokenizer, 16)).toMatchObject({ right: { terminator: 3, ends: [] } })
  expect(mdpOf({ mdp: { ...mdp, stop: 6 } }, tokenizer, 16)).toMatchObject({ right: { terminator: 6, ends: [] } })
})

test('a list of allowed tokens leaves the ends open, one of forbidden tokens closes what it names', () => {
  const shift = Array.from({ length: 16 }, (_, id) => ([2, 3, 4].includes(id) ? 0 : -Infinity))
  const given = { ...mdp, allowed: ['the'], forbidden: ['fox'] }
  expect(mdpOf({ mdp: given }, tokenizer, 16)).toMatchObject({ right: { logitShift: Float32Array.from(shift) } })
})
