/**
 * Throws a RangeError unless an option is a finite number for which `holds` is true.
 *
 * @example checkOption('ipo', 'beta', beta, beta > 0, 'above 0') // ipo: beta must be above 0, found 0
 */
export const checkOption = (caller: string, option: string, value: number, holds: boolean, must: string): void => {
  if (Number.isFinite(value) && holds) return
  throw new RangeError(`${caller}: ${option} must be ${must}, found ${value}`)
}

/** β ≥ 0: at 0 the loss is flat. */
export const checkBeta = (caller: string, beta: number): void =>
  checkOption(caller, 'beta', beta, beta >= 0, 'at least 0')

/** β > 0, where it divides. */
export const checkBetaAboveZero = (caller: string, beta: number): void =>
  checkOption(caller, 'beta', beta, beta > 0, 'above 0')
