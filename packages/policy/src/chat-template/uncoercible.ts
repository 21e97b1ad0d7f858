const refuse = (): never => {
  throw new TypeError('a list is not text: the template wants text there')
}

type Convert = (item: unknown) => unknown

/**
 * A copy of JSON whose lists cannot be taken for text. Python refuses `'user: ' + ['a', 'b']`; the library would write
 * whatever JavaScript makes of the list into the conversation. It converts a list by its `map`, so that is where what
 * it makes is given a `toString` that throws.
 */
export const uncoercible = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value.map(uncoercible)
    const map = (convert: Convert): unknown => {
      const converted = Array.from(items, (item) => convert(item))
      return Object.defineProperty(converted, 'toString', { value: refuse })
    }
    return Object.defineProperty([...items], 'map', { value: map })
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, uncoercible(field)]))
    : value
}
