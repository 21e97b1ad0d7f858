import type { Annotated } from '@gfnlm/env'
import type { Rows } from './estimator.ts'

/**
 * A column of the dataset that the prompts came from, one number a row: what a classifier, a rater or a label said of
 * it (true counts as 1, false as 0).
 *
 * @throws RangeError where a prompt's row has no such number
 * @example densityRatio(promptColumn('probability'))
 */
export const promptColumn =
  (name: string): ((batch: Rows & Pick<Annotated, 'group' | 'prompts'>) => Float64Array) =>
  ({ group, prompts }) =>
    Float64Array.from(group, (g) => {
      const value = prompts[g].row[name]
      if (typeof value === 'boolean') return Number(value)
      if (typeof value === 'number') return value
      throw new RangeError(`prompt ${prompts[g].id}: column ${name} must be a number, found ${JSON.stringify(value)}`)
    })
