/** Values by their names with a prefix, so that those of two owners can lie beside each other. */
export const prefixed = <A>(prefix: string, named: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [prefix + name, value]))

/** Those of one owner again, by the names it knows. */
export const underPrefix = <A>(prefix: string, named: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  )
