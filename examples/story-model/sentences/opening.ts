import { KINDS, NAMES, PLACES, TRAITS } from '../lexicon/heroes.ts'
import { type Phrase, capital, decide, oneOf, ranked, say, weighted } from '../phrase.ts'

/** Sentence 1, who and where: decides the name and the pronoun. */
export const opening = (): Phrase =>
  decide(
    KINDS.flatMap(({ kind, weight, pronouns }) =>
      pronouns.flatMap((pronoun) =>
        NAMES[pronoun]!.map((name) => ({
          kind,
          name,
          pronoun,
          weight: weight / pronouns.length / NAMES[pronoun]!.length,
        })),
      ),
    ),
    ({ weight }) => weight,
    ({ kind, name }) => introduce(name, say`${ranked(...TRAITS)} ${kind}`),
    ({ name, pronoun }) => ({ name, pronoun }),
  )

const introduce = (name: string, hero: Phrase): Phrase => {
  const place = oneOf(...PLACES)
  return weighted(
    [3, say`${name} was a ${hero} who lived ${place}.`],
    [2, capital(say`${oneOf('once', 'long ago')}, a ${hero} named ${name} lived ${place}.`)],
    [1, say`A ${hero} named ${name} ${oneOf('had a home', 'lived happily')} ${place}.`],
    [1, say`There was a ${hero} called ${name} living ${place}.`],
  )
}
