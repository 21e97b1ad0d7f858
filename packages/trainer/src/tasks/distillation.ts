import { fault } from '@gfnlm/env'
import { type DistillationInputs, type Terms, generalisedKnowledgeDistillation } from '@gfnlm/losses'
import type { PolicyState } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { prefixed, underPrefix } from '../prefixed.ts'
import { textTokens } from './count-tokens.ts'
import type { Task } from './task.ts'
import { type TextBatch, nextTokenLogits, packTextParts, packTexts } from './texts.ts'

const WEIGHTS = 'weights:'
const ADAPTER = 'adapter:'

export interface DistillationTaskOptions {
  /** The model to learn from, of the student's vocabulary: `reference(policy)`, `frozen(policy, parameters)`. */
  readonly teacher: PolicyState
  /** Default `generalisedKnowledgeDistillation()`, the Jensen–Shannon divergence. */
  readonly loss?: (inputs: DistillationInputs) => Terms
}

/**
 * Knowledge distillation: the policy's next-token distributions learn those of a teacher, at every token that was not
 * given. Texts of a data set make it off policy, the policy's own completions (`completionTexts`) on policy. The
 * teacher runs in the same graph, and stays as it was when the task was made.
 *
 * @throws a VocabularyMismatch fault, when it is compiled, for a teacher of another vocabulary
 * @example trainer(student, { task: distillation({ teacher: reference(large) }), learningRate })
 */
export const distillation = ({
  teacher: { policy: teacher, trainable: adapter },
  loss = generalisedKnowledgeDistillation(),
}: DistillationTaskOptions): Task<TextBatch> => {
  const adapted = adapter()
  return {
    name: 'distillation',
    parameters: {},
    rateScale: 1,
    frozen: { ...prefixed(WEIGHTS, teacher.constants), ...prefixed(ADAPTER, adapted ?? {}) },
    pack: packTexts,
    packParts: packTextParts,
    tokens: textTokens,
    loss: ({ policy, constants, trainable, frozen, batch }) => {
      if (policy.vocabSize !== teacher.vocabSize)
        throw fault(
          'VocabularyMismatch',
          `the teacher ${teacher.name} has ${teacher.vocabSize} tokens, the student ${policy.name} ${policy.vocabSize}`,
          'Take a teacher with the tokenizer of the student.',
          { teacher: teacher.vocabSize, student: policy.vocabSize },
        )
      const tokens = batch['tokens'] as tf.Tensor2D
      const own = adapted === null ? null : underPrefix(ADAPTER, frozen)
      return loss({
        student: nextTokenLogits(policy, constants, trainable, tokens),
        teacher: nextTokenLogits(teacher, underPrefix(WEIGHTS, frozen), own, tokens),
        mask: batch['mask'] as tf.Tensor2D,
      })
    },
  }
}
