import { plotsOf, sentence } from './grammar.ts'
import { derivations, readings } from './phrase-measures.ts'

/** A middle sentence with its probability before and after the ending is read. */
export interface Middle {
  readonly text: string
  /** p(middle | beginning): what a language model that writes left to right would sample from. */
  readonly prior: number
  /** p(middle | beginning, ending) ∝ p(middle, ending | beginning): the posterior that infilling asks for. */
  readonly posterior: number
}

/**
 * Every middle that the grammar allows after these first sentences, the likeliest under the posterior first. A few
 * thousand texts, so exact; it throws a RangeError where no middle leads from the beginning to the ending.
 *
 * @param beginning  sentences 1 to 3
 * @param ending     sentence 5
 */
export const middlePosterior = (beginning: readonly string[], ending: string): Middle[] => {
  const joint = new Map<string, { prior: number; both: number }>()
  const heads = plotsOf(beginning)
  const total = heads.reduce((sum, head) => sum + Math.exp(head.logProbability), 0)
  for (const head of heads) {
    const fits = new Map<string, number>()
    for (const { text, facts, logProbability } of derivations(sentence(3, head.plot))) {
      const plot = { ...head.plot, ...facts }
      const latent = `${facts['means']} ${facts['helper']}`
      if (!fits.has(latent))
        fits.set(
          latent,
          readings(sentence(4, plot), ending).reduce((sum, d) => sum + Math.exp(d.logProbability), 0),
        )
      const prior = Math.exp(head.logProbability + logProbability) / total
      const sum = joint.get(text) ?? { prior: 0, both: 0 }
      joint.set(text, { prior: sum.prior + prior, both: sum.both + prior * fits.get(latent)! })
    }
  }
  const evidence = [...joint.values()].reduce((sum, { both }) => sum + both, 0)
  if (!(evidence > 0)) throw new RangeError(`no middle leads to "${ending}" from "${beginning.join(' ')}"`)
  return [...joint]
    .map(([text, { prior, both }]) => ({ text, prior, posterior: both / evidence }))
    .sort((a, b) => b.posterior - a.posterior)
}
