const STRING = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs

/** The first key that a JSON object has twice at its top level: JSON.parse would silently keep the last. */
export const duplicateKey = (json: string): string | undefined => {
  const seen = new Set<string>()
  let depth = 0
  for (const { 0: token, index } of json.matchAll(STRING)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1 && /^\s*:/.test(json.slice(index + token.length, index + token.length + 16))) {
      const key = JSON.parse(token) as string
      if (seen.has(key)) return key
      seen.add(key)
    }
  }
  return undefined
}
