/** Throws a RangeError unless the value of an option is one of its names. */
export const checkName = (caller: string, option: string, value: string, names: readonly string[]): void => {
  if (!names.includes(value))
    throw new RangeError(`${caller}: ${option} must be one of ${names.join(', ')}, found ${String(value)}`)
}

/** Throws a RangeError for an option that there is not: a default would be taken in its place, unseen. */
export const checkOptionNames = (caller: string, options: object, names: readonly string[]): void => {
  const other = Object.keys(options).find((name) => !names.includes(name))
  if (other !== undefined) throw new RangeError(`${caller}: there is no option ${other}, only ${names.join(', ')}`)
}
