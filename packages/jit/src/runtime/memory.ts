import { totalmem } from 'node:os'

/** Bytes that the process may have: the machine's, or what a container leaves of them. */
export const processMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity)

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/** @example inWords(4398046511104) // => '4.4 TB' */
export const inWords = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${Number((bytes / 1e3 ** power).toPrecision(3))} ${UNITS[power]}`
}
