import type * as v from 'valibot'
import { closest } from '../arguments/closest.ts'

/** One thing wrong with a config: what was found where, and what to write instead. */
export interface ConfigIssue {
  readonly path: string
  readonly found: string
  readonly fix: string
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}

const pathOf = ({ path }: v.BaseIssue<unknown>): string =>
  (path ?? []).reduce(
    (whole: string, { key }) =>
      typeof key === 'number' ? `${whole}[${key}]` : whole === '' ? String(key) : `${whole}.${String(key)}`,
    '',
  )

const unknownField = (path: string, key: string, known: string): ConfigIssue => {
  const meant = closest(key, known.split(', '))
  const place = path.slice(0, path.length - key.length)
  return {
    path,
    found: `${path} is not a field`,
    fix: meant === undefined ? `Fields here are ${known}` : `Did you mean ${place}${meant}?`,
  }
}

/** An issue of the schema, whose messages say what belongs in a place, in the words of whoever wrote the file. */
export const describeIssue = (issue: v.BaseIssue<unknown>): ConfigIssue => {
  const path = pathOf(issue)
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return unknownField(path, String(issue.path!.at(-1)!.key), issue.message)
  if (issue.input === undefined) return { path, found: `${path} is missing`, fix: `Add ${path}: ${issue.message}` }
  return {
    path,
    found: `${path === '' ? 'the file' : path} is ${shown(issue.input)}, not ${issue.message}`,
    fix: `Write ${issue.message}`,
  }
}
