import { type TokenMDP, type Trajectories, fault } from '@gfnlm/env'
import { checked } from './checked.ts'
import type { Task } from './task.ts'

const sameNumbers = (a: ArrayLike<number> = [], b: ArrayLike<number> = []): boolean =>
  a === b || (a.length === b.length && Array.prototype.every.call(a, (x, i) => x === b[i]))

/** The first field in which two MDPs differ. */
const difference = (a: TokenMDP, b: TokenMDP): keyof TokenMDP | undefined =>
  (['terminator', 'maxLength', 'minLength', 'leaf'] as const).find((field) => a[field] !== b[field]) ??
  (['ends', 'logitShift'] as const).find((field) => !sameNumbers(a[field], b[field]))

const said = (value: TokenMDP[keyof TokenMDP]): string =>
  value instanceof Float32Array ? 'another' : value === undefined ? 'none' : String(value)

/**
 * A task that learns completions of one MDP. Those of another one have other actions and other states that may stop,
 * and their log-probabilities would be of something else: a MDPMismatch fault.
 */
export const onMDP = <Batch extends Trajectories>(mdp: TokenMDP, task: Task<Batch>): Task<Batch> =>
  checked(task, (batch) => {
    if (batch.mdp === mdp) return
    const field = difference(mdp, batch.mdp)
    if (field === undefined) return
    throw fault(
      'MDPMismatch',
      `step ${batch.step}: the completions were sampled with ${field} ${said(batch.mdp[field])}, ` +
        `and ${task.name} learns with ${said(mdp[field])}`,
      'Give `sample` and the task the same MDP.',
      { field },
    )
  })
