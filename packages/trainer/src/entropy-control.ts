import type { EntropyController } from '@gfnlm/losses'
import type { EntropyCell } from './tasks/policy-gradient.ts'
import type { Learner } from './trainer.ts'

/**
 * A learner whose every update is followed by the controller of its entropy bonus. Its metrics have `entropy_coef`, the
 * weight that the update was made with.
 *
 * @param cell the one that the learner's task reads
 * @throws RangeError where the task does not log its entropy
 * @example
 * const bonus: EntropyCell = { current: startingBonus(0.01) }
 * const task = policyGradientTask(mdp, { name: 'grpo', loss: grpo(), advantages: groupAdvantages, entropyBonus: bonus })
 * lossStep(entropyControl(trainer(policy, { task, learningRate }), bonus, adaptiveEntropy({ target: 0.5 })))
 */
export const entropyControl = <Batch>(
  learner: Learner<Batch>,
  cell: EntropyCell,
  control: EntropyController,
): Learner<Batch> => ({
  ...(learner.tokens === undefined ? {} : { tokens: learner.tokens }),
  update: async (batch) => {
    const { applied } = cell.current
    const metrics = await learner.update(batch)
    const { entropy } = metrics
    if (entropy === undefined) throw new RangeError('entropyControl: the task does not log its entropy')
    cell.current = control(cell.current, entropy)
    return { ...metrics, entropy_coef: applied }
  },
})
