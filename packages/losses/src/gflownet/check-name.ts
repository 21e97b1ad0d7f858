/** Throws a RangeError unless the value of an option is one of its names. */
export const checkName = (caller: string, option: string, value: string, names: readonly string[]): void => {
  if (!names.includes(value))
    throw new RangeError(`${caller}: ${option} must be one of ${names.join(', ')}, found ${String(value)}`)
}
