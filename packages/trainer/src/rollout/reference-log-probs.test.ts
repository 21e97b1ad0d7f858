import { type Weighted, tokenMDP } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import { frozen, reference } from '@gfnlm/policy'
import { likelihood } from '@gfnlm/reward'
import { firstValueFrom, of } from 'rxjs'
import { expect, test } from 'vitest'
import { divergences } from '../tasks/divergence.ts'
import { STOP, completions, smallLlama, weighted } from '../testing/small-llama.ts'
import { referenceLogProbs } from './reference-log-probs.ts'

const mdp = tokenMDP({ terminator: STOP, maxLength: 4 })
const ROWS = [[1, 5, 3], [5], [6, 6, 6], []]
const policy = smallLlama()
const moved = frozen(
  policy,
  Object.fromEntries(
    Object.entries(policy.trainable).map(([name, { data, shape }]) => [
      name,
      hostTensor(
        Float32Array.from(data, (x, i) => x + 0.2 * Math.sin(i + name.length)),
        shape,
      ),
    ]),
  ),
)

const referred = (state: Parameters<typeof referenceLogProbs>[1], batch: Weighted): Promise<Weighted> =>
  firstValueFrom(of(batch).pipe(referenceLogProbs(mdp, state)))

test('the divergence is what a completion is likelier under the policy than under the reference', async () => {
  const batch = await weighted(completions(mdp, ROWS), likelihood(reference(policy)))
  const [here, there] = await Promise.all([moved, reference(policy)].map((state) => weighted(batch, likelihood(state))))
  const found = divergences(await referred(moved, batch))
  ROWS.forEach(({ length }, row) => {
    const end = row * batch.width + length
    expect(found[row]).toBeCloseTo(here!.logReward[end]! - there!.logReward[end]!, 4)
  })
  expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(0.1)
  expect([...divergences(await referred(frozen(policy), batch))]).toEqual([0, 0, 0, 0])
})

test('what the batch knows of the policy is kept', async () => {
  const batch = await weighted(completions(mdp, ROWS), likelihood(reference(policy)))
  const known = { ...batch, logPF: new Float32Array(batch.logPF.length).fill(-1) }
  expect((await referred(moved, known)).logPF).toEqual(known.logPF)
  const half = known.logPF.map((x, cell) => (cell < batch.width ? x : NaN))
  const filled = (await referred(moved, { ...batch, logPF: half })).logPF
  expect(filled.subarray(0, batch.width)).toEqual(known.logPF.subarray(0, batch.width))
  expect(filled.subarray(batch.width)).toEqual((await referred(moved, batch)).logPF.subarray(batch.width))
})

test('a choice that the reference has not is told, not the logit of another row', async () => {
  const batch = await weighted(completions(mdp, ROWS), likelihood(reference(policy)))
  const tokens = batch.tokens.slice()
  tokens[3 * batch.width - 2] = 11
  const chosen = { ...batch, tokens, length: batch.length.map((n, row) => (row === 2 ? 4 : n)) }
  await expect(referred(moved, chosen)).rejects.toMatchObject({ _tag: 'TokenOutOfVocabulary', detail: { row: 2 } })
})
