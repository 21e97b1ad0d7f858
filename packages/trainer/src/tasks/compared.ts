import { type Weighted, fault } from '@gfnlm/env'
import { checked } from './checked.ts'
import { membersOfPrompts } from './parts.ts'
import type { Task } from './task.ts'

/**
 * A task that compares the completions of a prompt: of one completion it learns nothing, so a batch in which every
 * prompt has one is a CompletionsAlone fault.
 */
export const compared = (task: Task<Weighted>): Task<Weighted> =>
  checked(task, (batch) => {
    if (batch.rows === 0 || membersOfPrompts(batch).some((rows) => rows.length > 1)) return
    throw fault(
      'CompletionsAlone',
      `step ${batch.step}: every prompt has one completion, and ${task.name} compares the completions of a prompt`,
      'Sample two or more of each (perPrompt), or take an objective that does not compare them ' +
        '(trajectoryBalanceTask, reinforceTask).',
      { step: batch.step },
    )
  })
