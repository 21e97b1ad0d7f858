import { type Key, uniform } from '@gfnlm/env'

/**
 * A distribution over texts: literal words, a sequence of independent phrases, or a choice among weighted options.
 *
 * An option may decide facts (who the hero is, which means was used) that later sentences are written from. The
 * three forms are enough for everything asked of the grammar to be exact: sampling with its log-probability,
 * the probability of any text, the entropy, the expected length and the list of all texts.
 */
export type Phrase = string | readonly Phrase[] | Choice

export interface Choice {
  readonly options: readonly Option[]
}

export interface Option {
  /** In (0, 1]; the options of a choice sum to 1. */
  readonly probability: number
  readonly phrase: Phrase
  readonly facts?: Facts
}

/** What a text has decided: the name of a fact to the name of its value. */
export type Facts = Readonly<Record<string, string>>

/** A text with its log-probability (nats) and the facts decided on the way. */
export interface Derivation {
  readonly text: string
  readonly logProbability: number
  readonly facts: Facts
}

export const isChoice = (phrase: Phrase): phrase is Choice => typeof phrase !== 'string' && !Array.isArray(phrase)

/** Options with weights that need not sum to 1. */
export const weighted = (...options: readonly (readonly [number, Phrase])[]): Phrase =>
  decide(
    options,
    ([weight]) => weight,
    ([, phrase]) => phrase,
  )

/** Options that are equally likely. */
export const oneOf = (...options: readonly Phrase[]): Phrase =>
  decide(
    options,
    () => 1,
    (phrase) => phrase,
  )

/** Options the likeliest first: weight 1/rank, as words have it in language. */
export const ranked = (...options: readonly Phrase[]): Phrase =>
  decide(
    options,
    (_, rank) => 1 / (rank + 1),
    (phrase) => phrase,
  )

/** A choice among items of any kind, each told by its own phrase and deciding its own facts. */
export const decide = <A>(
  items: readonly A[],
  weight: (item: A, rank: number) => number,
  phrase: (item: A) => Phrase,
  facts?: (item: A) => Facts,
): Phrase => {
  const total = items.reduce((sum, item, rank) => sum + weight(item, rank), 0)
  return {
    options: items.map((item, rank) => ({
      probability: weight(item, rank) / total,
      phrase: phrase(item),
      ...(facts === undefined ? {} : { facts: facts(item) }),
    })),
  }
}

/** A template: say`${name} lived ${place}.` */
export const say = (texts: TemplateStringsArray, ...phrases: readonly Phrase[]): Phrase =>
  texts.flatMap((text, i) => [...(text === '' ? [] : [text]), ...(i < phrases.length ? [phrases[i]!] : [])])

/** The phrase with its first letter in upper case. */
export const capital = (phrase: Phrase): Phrase => {
  if (typeof phrase === 'string') return phrase.charAt(0).toUpperCase() + phrase.slice(1)
  if (isChoice(phrase)) return { options: phrase.options.map((o) => ({ ...o, phrase: capital(o.phrase) })) }
  return phrase.map((part, i) => (i === 0 ? capital(part) : part))
}

/** Draws a text: the n-th choice met is the n-th uniform of the key. */
export const draw = (phrase: Phrase, key: Key): Derivation => {
  let index = 0
  let logProbability = 0
  let facts: Facts = {}
  const tell = (part: Phrase): string => {
    if (typeof part === 'string') return part
    if (!isChoice(part)) return part.map(tell).join('')
    let u = uniform(key, index++)
    const option = part.options.find((o) => (u -= o.probability) < 0) ?? part.options.at(-1)!
    logProbability += Math.log(option.probability)
    facts = { ...facts, ...option.facts }
    return tell(option.phrase)
  }
  return { text: tell(phrase), logProbability, facts }
}
