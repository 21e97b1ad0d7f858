/** Words that the rules would get wrong. */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
])

/** c for each consonant, v for each vowel; a y is a consonant at the beginning and after a vowel. */
const shapeOf = (word: string): string => {
  let shape = ''
  for (let i = 0; i < word.length; i++) {
    const letter = word[i]!
    const vowel = 'aeiou'.includes(letter) || (letter === 'y' && i > 0 && shape[i - 1] === 'c')
    shape += vowel ? 'v' : 'c'
  }
  return shape
}

/** Porter's m: how often a consonant follows a vowel. */
const measure = (stem: string): number => shapeOf(stem).split('vc').length - 1

type Condition = (stem: string) => boolean

const several: Condition = (stem) => measure(stem) > 0
const more: Condition = (stem) => measure(stem) > 1
const hasVowel: Condition = (stem) => shapeOf(stem).includes('v')
const endsDouble: Condition = (word) => word.length > 1 && word.at(-1) === word.at(-2) && shapeOf(word).endsWith('c')
const endsShort: Condition = (word) => {
  const shape = shapeOf(word)
  return (shape.endsWith('cvc') && !'wxy'.includes(word.at(-1)!)) || shape === 'vc'
}

/** A suffix, what stands in its place, and what must hold of the stem before it. */
type Rule = readonly [suffix: string, replacement: string, when?: Condition]

/** The first rule whose suffix a word has; where its condition does not hold the word stays. */
const byRules = (word: string, rules: readonly Rule[]): string => {
  const rule = rules.find(([suffix]) => word.endsWith(suffix))
  if (rule === undefined) return word
  const [suffix, replacement, when = () => true] = rule
  const stem = word.slice(0, word.length - suffix.length)
  return when(stem) ? stem + replacement : word
}

const withoutPlural = (word: string): string =>
  word.length === 4 && word.endsWith('ies')
    ? word.slice(0, -1)
    : byRules(word, [
        ['sses', 'ss'],
        ['ies', 'i'],
        ['ss', 'ss'],
        ['s', ''],
      ])

const mended = (stem: string): string => {
  for (const end of ['at', 'bl', 'iz']) if (stem.endsWith(end)) return `${stem}e`
  if (endsDouble(stem)) return 'lsz'.includes(stem.at(-1)!) ? stem : stem.slice(0, -1)
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem
}

const withoutTense = (word: string): string => {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2)
  if (word.endsWith('eed')) return byRules(word, [['eed', 'ee', several]])
  const suffix = ['ed', 'ing'].find((end) => word.endsWith(end) && hasVowel(word.slice(0, -end.length)))
  return suffix === undefined ? word : mended(word.slice(0, -suffix.length))
}

const withoutY = (word: string): string =>
  byRules(word, [['y', 'i', (stem) => stem.length > 1 && shapeOf(stem).endsWith('c')]])

const SECOND: readonly Rule[] = [
  ['ational', 'ate', several],
  ['tional', 'tion', several],
  ['enci', 'ence', several],
  ['anci', 'ance', several],
  ['izer', 'ize', several],
  ['bli', 'ble', several],
  ['alli', 'al', several],
  ['entli', 'ent', several],
  ['eli', 'e', several],
  ['ousli', 'ous', several],
  ['ization', 'ize', several],
  ['ation', 'ate', several],
  ['ator', 'ate', several],
  ['alism', 'al', several],
  ['iveness', 'ive', several],
  ['fulness', 'ful', several],
  ['ousness', 'ous', several],
  ['aliti', 'al', several],
  ['iviti', 'ive', several],
  ['biliti', 'ble', several],
  ['fulli', 'ful', several],
  ['logi', 'log', (stem) => several(`${stem}l`)],
]

const second = (word: string): string =>
  word.endsWith('alli') && several(word.slice(0, -4)) ? second(word.slice(0, -2)) : byRules(word, SECOND)

const THIRD: readonly Rule[] = [
  ['icate', 'ic', several],
  ['ative', '', several],
  ['alize', 'al', several],
  ['iciti', 'ic', several],
  ['ical', 'ic', several],
  ['ful', '', several],
  ['ness', '', several],
]

const FOURTH: readonly Rule[] = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map(
    (end) => [end, '', more] as const,
  ),
  ['ion', '', (stem) => more(stem) && /[st]$/.test(stem)],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((end) => [end, '', more] as const),
]

const withoutE = (word: string): string =>
  byRules(word, [['e', '', (stem) => more(stem) || (measure(stem) === 1 && !endsShort(stem))]])

const withoutDoubleL = (word: string): string => byRules(word, [['ll', 'l', (stem) => more(`${stem}l`)]])

/**
 * The stem of an English word by Porter's rules, with NLTK's extensions: what ROUGE and METEOR compare.
 *
 * @see Porter 1980; nltk.stem.porter, NLTK_EXTENSIONS
 * @example porterStem('relational') // 'relat'
 */
export const porterStem = (word: string): string => {
  const lower = word.toLowerCase()
  const known = IRREGULAR.get(lower)
  if (known !== undefined) return known
  if (word.length <= 2) return lower
  const stem = second(withoutY(withoutTense(withoutPlural(lower))))
  return withoutDoubleL(withoutE(byRules(byRules(stem, THIRD), FOURTH)))
}
