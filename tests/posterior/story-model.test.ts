import { fileURLToPath } from 'node:url'
import { prompts } from '@gfnlm/data'
import { type Prompt, onlyTokens, tokenMDP, totalVariation } from '@gfnlm/env'
import { fromPretrained, lora, reference } from '@gfnlm/policy'
import { annotate, infillingLikelihood } from '@gfnlm/reward'
import { reweight, uniform } from '@gfnlm/reweighter'
import { exploring, mixture, onPolicy, sample } from '@gfnlm/sampler'
import { cosine, lossStep, modifiedSubTB, trainer, training } from '@gfnlm/trainer'
import { lastValueFrom } from 'rxjs'
import { expect, test } from 'vitest'
import { everyCompletion, exactPolicy, exactTarget } from './exact.ts'

const MODEL = fileURLToPath(new URL('../../examples/story-model/model', import.meta.url))
const BEGINNING = 'Once, a brave girl named Poppy lived deep in the woods. She thought about giving her'
const ENDING = 'However, a smooth stone wall stood around the ball.'
const WORDS = ['mother', 'father', 'a', 'striped', 'ball', 'lost']

test('the shipped model, fine-tuned, samples the enumerated posterior of a missing phrase', async () => {
  const policy = await fromPretrained(MODEL, { adapter: lora({ r: 8, alpha: 16 }) })
  const { encode, idOf } = policy.tokenizer!
  const terminator = idOf('.')!
  const legal = WORDS.map((word) => idOf(word)!)
  const mdp = tokenMDP({ terminator, maxLength: 4, logitShift: onlyTokens(policy.vocabSize, legal, terminator) })
  const prompt: Prompt = { id: 'poppy', text: BEGINNING, tokens: encode(BEGINNING), row: {} }
  const reward = infillingLikelihood(reference(policy), {
    surroundings: () => ({ before: encode(BEGINNING), after: encode(ENDING, { special: false }) }),
  })

  const all = everyCompletion(prompt, mdp, policy.vocabSize)
  expect(all.rows).toBe(1 + 6 + 6 ** 2 + 6 ** 3 + 6 ** 4)
  const target = await exactTarget(reward, all, 1)
  const probabilities = exactPolicy(policy, mdp)
  const base = await probabilities(reference(policy), all)
  expect(base.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4)

  const steps = 80
  const learner = trainer(policy, { task: modifiedSubTB(mdp), learningRate: cosine(3e-3, 1e-5, steps), clipNorm: 1 })
  const explore = mixture([
    { share: 1, explore: onPolicy },
    { share: 1, explore: exploring({ temperature: 1.5, epsilon: 0.1 }) },
  ])
  await lastValueFrom(
    training({ name: 'posterior', steps, seed: 1 }, (ticks$) =>
      ticks$.pipe(
        prompts([prompt], { perStep: 1 }),
        sample(learner, { mdp, perPrompt: 48, explore }),
        annotate(reward),
        reweight(uniform),
        lossStep(learner),
      ),
    ),
  )

  const before = totalVariation(base, target)
  const after = totalVariation(await probabilities(learner, all), target)
  expect(before).toBeGreaterThan(0.4)
  expect(after).toBeLessThan(0.05)
  expect(before / after).toBeGreaterThan(5)
}, 300_000)
