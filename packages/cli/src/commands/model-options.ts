import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** The option that goes with every `--model`. */
export const REVISION = {
  type: 'text',
  value: 'NAME',
  about: 'branch, tag or commit of a hub id',
} as const

export interface ModelChoice {
  readonly model: string | undefined
  readonly revision: string | undefined
}

/** What replaces a config's model and revision, as `--set` has it; the revision of one model is none of another's. */
export const modelAssignments = ({ model, revision }: ModelChoice): readonly string[] => [
  ...(model === undefined ? [] : [`model=${JSON.stringify(existsSync(model) ? resolve(model) : model)}`, 'revision=']),
  ...(revision === undefined ? [] : [`revision=${JSON.stringify(revision)}`]),
]
