import { type Derivation, type Facts, type Phrase, isChoice } from './phrase.ts'

/** Expected sum over a drawn text of what each literal and each choice is worth; exact, by linearity. */
const expected = (
  phrase: Phrase,
  ofText: (text: string) => number,
  ofChoice: (probabilities: readonly number[]) => number,
): number => {
  if (typeof phrase === 'string') return ofText(phrase)
  if (!isChoice(phrase)) return phrase.reduce<number>((sum, part) => sum + expected(part, ofText, ofChoice), 0)
  return phrase.options.reduce(
    (sum, o) => sum + o.probability * expected(o.phrase, ofText, ofChoice),
    ofChoice(phrase.options.map((o) => o.probability)),
  )
}

/** Shannon entropy of a distribution, nats. */
export const shannon = (probabilities: Iterable<number>): number => {
  let h = 0
  for (const p of probabilities) if (p > 0) h -= p * Math.log(p)
  return h
}

/** Entropy of the derivations, nats: that of the texts, where no text has two derivations. */
export const entropy = (phrase: Phrase): number => expected(phrase, () => 0, shannon)

/** The words and punctuation marks of a text, which are the tokens of the story model. */
export const tokensOf = (text: string): string[] => text.match(/\w+|[^\w\s]/g) ?? []

/**
 * Expected number of tokens. Literals are counted one by one, so a word may not be split over two of them
 * (the tests hold this to counts of whole texts).
 */
export const expectedTokens = (phrase: Phrase): number =>
  expected(
    phrase,
    (text) => tokensOf(text).length,
    () => 0,
  )

/** The probability of each set of facts that a phrase may decide, whatever its words. */
export const outcomes = (phrase: Phrase): { readonly facts: Facts; readonly probability: number }[] => {
  if (typeof phrase === 'string') return [{ facts: {}, probability: 1 }]
  const all = isChoice(phrase)
    ? phrase.options.flatMap((o) =>
        outcomes(o.phrase).map((inner) => ({
          facts: { ...o.facts, ...inner.facts },
          probability: o.probability * inner.probability,
        })),
      )
    : phrase
        .map(outcomes)
        .reduce((left, right) =>
          left.flatMap((a) =>
            right.map((b) => ({ facts: { ...a.facts, ...b.facts }, probability: a.probability * b.probability })),
          ),
        )
  const merged = new Map<string, { facts: Facts; probability: number }>()
  for (const { facts, probability } of all) {
    const name = JSON.stringify(facts)
    merged.set(name, { facts, probability: probability + (merged.get(name)?.probability ?? 0) })
  }
  return [...merged.values()]
}

/** Every derivation of a phrase. */
export const derivations = (phrase: Phrase): Derivation[] => {
  if (typeof phrase === 'string') return [{ text: phrase, logProbability: 0, facts: {} }]
  if (isChoice(phrase))
    return phrase.options.flatMap((o) =>
      derivations(o.phrase).map((d) => ({
        text: d.text,
        logProbability: d.logProbability + Math.log(o.probability),
        facts: { ...o.facts, ...d.facts },
      })),
    )
  return phrase.map(derivations).reduce((left, right) => left.flatMap((a) => right.map((b) => join(a, b))))
}

const join = (a: Derivation, b: Derivation): Derivation => ({
  text: a.text + b.text,
  logProbability: a.logProbability + b.logProbability,
  facts: { ...a.facts, ...b.facts },
})

/** Every derivation of exactly this text: none when the phrase cannot say it. */
export const readings = (phrase: Phrase, text: string): Derivation[] =>
  prefixes(phrase, text).filter((d) => d.text.length === text.length)

const prefixes = (phrase: Phrase, text: string): Derivation[] => {
  if (typeof phrase === 'string') return text.startsWith(phrase) ? [{ text: phrase, logProbability: 0, facts: {} }] : []
  if (isChoice(phrase))
    return phrase.options.flatMap((o) =>
      prefixes(o.phrase, text).map((d) => ({
        text: d.text,
        logProbability: d.logProbability + Math.log(o.probability),
        facts: { ...o.facts, ...d.facts },
      })),
    )
  return phrase.reduce<Derivation[]>(
    (starts, part) => starts.flatMap((a) => prefixes(part, text.slice(a.text.length)).map((b) => join(a, b))),
    [{ text: '', logProbability: 0, facts: {} }],
  )
}
