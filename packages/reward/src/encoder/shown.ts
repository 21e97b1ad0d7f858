/** The beginning of a text from a file, for a message. */
export const shortened = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`)

/** What a field of a file holds, for a message: its number, the beginning of its text, or what kind of thing it is. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return shortened(JSON.stringify(value))
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
