import {
  type Prompt,
  type Trajectories,
  type Weighted,
  completionOf,
  fault,
  terminalReward,
  wasCutOff,
} from '@gfnlm/env'
import { type PickedPair, bestAndWorst } from '@gfnlm/losses'
import type { CompletionPair, CompletionPairs } from './completion-pairs.ts'
import { membersOfPrompts } from './parts.ts'
import type { LabelledCompletion, LabelledCompletionBatch } from './unpaired-preference.ts'

/** What is learned from completions that were judged, beside the batch it was made of. */
export interface Judged {
  readonly step: number
  readonly judged: Weighted
}

/** What the policy wrote: the tokens of a completion, and the terminator that it chose, unless the end was forced. */
const written = (batch: Trajectories, row: number): Int32Array =>
  Int32Array.of(...completionOf(batch, row), ...(wasCutOff(batch, row) ? [] : [batch.mdp.terminator]))

const promptOf = ({ prompts, group }: Trajectories, row: number): Prompt => prompts[group[row]!]!

export interface OnlinePairsOptions {
  /**
   * Which completions of a prompt are pairs, from their rewards (NaN: not judged). Default `bestAndWorst`;
   * `firstTwo` is Online DPO's.
   */
  readonly pick?: (rewards: readonly number[]) => PickedPair | readonly PickedPair[] | undefined
  /** How much more the chosen completion must be worth, in untempered reward; default 0, which `pick` may refuse. */
  readonly minGap?: number
}

/**
 * Preferences out of a policy's own completions: of every prompt the completions that its reward tells apart. With a
 * judge for a reward it is self-rewarding, with a reward model Online DPO. Rows that were dropped are in no pair, a pair
 * weighs the product of its rows' weights, and a prompt whose completions are worth the same gives none; where no prompt
 * gives one, a pair of weight 0 stands in.
 *
 * @throws RangeError for a gap below 0; the batch a CompletionsTooFew fault, where no prompt has two completions
 * @see Guo et al. 2024, "Online AI feedback", arXiv:2402.04792; Yuan et al. 2024, arXiv:2401.10020
 * @example
 * sample(learner, { mdp, perPrompt: 4 }), annotate(reward), reweight(uniform), map(onlinePairs()), judgedStep(learner)
 */
export const onlinePairs = ({ pick = bestAndWorst, minGap = 0 }: OnlinePairsOptions = {}): ((
  batch: Weighted,
) => CompletionPairs & Judged) => {
  if (!(minGap >= 0)) throw new RangeError(`onlinePairs: minGap must be at least 0, found ${minGap}`)
  return (batch) => {
    const rewards = terminalReward(batch)
    const pairOf = (chosen: number, rejected: number): CompletionPair => ({
      prompt: promptOf(batch, chosen).tokens,
      chosen: written(batch, chosen),
      rejected: written(batch, rejected),
      weight: batch.weight[chosen]! * batch.weight[rejected]!,
    })
    const members = membersOfPrompts(batch)
    const two = members.find(({ length }) => length > 1)
    if (two === undefined)
      throw fault(
        'CompletionsTooFew',
        `step ${batch.step}: no prompt has two completions to choose between`,
        'Sample at least two completions a prompt (perPrompt).',
        { step: batch.step },
      )
    const pairs = members.flatMap((rows) =>
      [pick(rows.map((row) => rewards[row]!)) ?? []]
        .flat()
        .map(({ chosen, rejected }) => [rows[chosen]!, rows[rejected]!] as const)
        .filter(([chosen, rejected]) => rewards[chosen]! - rewards[rejected]! >= minGap)
        .map(([chosen, rejected]) => pairOf(chosen, rejected)),
    )
    // Every step must end in an update, were it one that learns nothing.
    const nothing = (): CompletionPair => ({ ...pairOf(two[0]!, two[1]!), weight: 0 })
    return { step: batch.step, judged: batch, pairs: pairs.length > 0 ? pairs : [nothing()] }
  }
}

/**
 * Labelled completions out of a policy's own: those worth at least `desirable` are good, the others bad. For KTO, BCO and
 * their kin on line. Rows that were dropped are left out.
 *
 * @param options.desirable the least untempered reward of a good completion
 * @throws RangeError for a threshold that is not a number
 * @example annotate(reward), reweight(uniform), map(onlineLabels({ desirable: 0.5 })), judgedStep(learner)
 */
export const onlineLabels = ({
  desirable,
}: {
  readonly desirable: number
}): ((batch: Weighted) => LabelledCompletionBatch & Judged) => {
  if (Number.isNaN(desirable)) throw new RangeError('onlineLabels: desirable must be a number, found NaN')
  return (batch) => {
    const rewards = terminalReward(batch)
    const completions = [...batch.keep.keys()]
      .filter((row) => batch.keep[row] !== 0)
      .map((row): LabelledCompletion => ({
        prompt: promptOf(batch, row).tokens,
        completion: written(batch, row),
        desirable: rewards[row]! >= desirable,
        weight: batch.weight[row]!,
      }))
    return { step: batch.step, judged: batch, completions }
  }
}

/**
 * Self-play (SPIN): what somebody wrote, preferred to what the policy writes itself. The opponent is whatever sampled the
 * batch: the paper's is the last iterate, `frozen(policy, adapter)`, which is the reference as well (`withReference`).
 *
 * @param target the completion of a prompt that is to be preferred, its terminator included
 * @see Chen et al. 2024, arXiv:2401.01335
 * @example
 * const opponent = frozen(policy, learner.trainable())
 * const { pairs } = selfPlayPairs(batch, ({ row }) => encode(row['answer'] as string))
 * await learner.update({ pairs: await withReference(opponent, pairs) })
 */
export const selfPlayPairs = (
  batch: Trajectories,
  target: (prompt: Prompt) => Int32Array,
): CompletionPairs & { readonly step: number } => {
  const pairs = [...batch.group.keys()].map((row): CompletionPair => {
    const prompt = promptOf(batch, row)
    return { prompt: prompt.tokens, chosen: target(prompt), rejected: written(batch, row) }
  })
  return { step: batch.step, pairs }
}
