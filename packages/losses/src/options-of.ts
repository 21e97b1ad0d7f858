/** Levenshtein distance of two words. */
const distance = (a: string, b: string): number =>
  Array.from(a).reduce(
    (above, letter, i) =>
      above
        .slice(1)
        .reduce((row, up, j) => [...row, Math.min(up + 1, row[j] + 1, above[j] + (letter === b[j] ? 0 : 1))], [i + 1]),
    Array.from({ length: b.length + 1 }, (_, j) => j),
  )[b.length]

/** The name that another was most likely meant to be: at most a third of its letters off, case aside. */
const nearest = (other: string, names: readonly string[]): string | undefined => {
  const [first] = names
    .map((name) => ({ name, off: distance(other.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.off - b.off)
  return first !== undefined && first.off <= Math.max(1, Math.floor(other.length / 3)) ? first.name : undefined
}

/**
 * Throws a RangeError for an option that there is not: a default would be taken in its place, unseen.
 *
 * @example checkOptionNames('dpo', { betta: 0.2 }, ['beta'])
 * // dpo: there is no option betta, only beta. Did you mean beta?
 */
export const checkOptionNames = (caller: string, options: object, names: readonly string[]): void => {
  const other = Object.keys(options).find((name) => !names.includes(name))
  if (other === undefined) return
  const meant = nearest(other, names)
  const advice = meant === undefined ? '' : `. Did you mean ${meant}?`
  throw new RangeError(`${caller}: there is no option ${other}, only ${names.join(', ')}${advice}`)
}

/**
 * The options of a loss, with the defaults of those that are left out. The defaults name all that there are.
 *
 * @throws RangeError for an option that there is not
 * @example const { beta } = optionsOf('dpo', options, { beta: 0.1 })
 */
export const optionsOf = <Options extends object>(
  caller: string,
  options: Options,
  defaults: Required<Options>,
): Required<Options> => {
  checkOptionNames(caller, options, Object.keys(defaults))
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
