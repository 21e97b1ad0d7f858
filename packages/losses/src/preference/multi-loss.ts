import * as tf from '@tensorflow/tfjs-core'
import type { Terms } from '../terms.ts'
import type { PairLoss } from './pair-loss.ts'

type Weighted = readonly [weight: number, loss: PairLoss<never>]

/** What every one of the losses reads. */
type InputsOf<Losses extends readonly Weighted[]> = [Losses[number][1]] extends [(pairs: infer Inputs) => Terms]
  ? Inputs
  : never

/**
 * Several pair losses as one, each with its weight.
 *
 *   term = Σ_k w_k term_k,   loss = mean over pairs
 *
 * MPO is 0.8 DPO + 0.2 BCO + 1 likelihood of the chosen completion, RPO is DPO + α of it: see `likelihoodOfChosen`.
 * The pairs must have what every loss reads. Of metrics with the same name those of the first loss are logged.
 *
 * @param losses weights and pair losses, one at least
 * @returns a pair loss: terms [pairs]
 * @throws RangeError for no loss or a weight that is not a number
 * @see Wang et al. 2024 (MPO), arXiv:2411.10442; Pang et al. 2024 (RPO), arXiv:2404.19733; TRL DPOConfig.loss_weights
 * @example reduce(multiLoss([[0.8, dpo()], [0.2, bcoPair()]])(pairs), weight) // 0.7593
 */
export const multiLoss = <const Losses extends readonly Weighted[]>(
  losses: Losses,
): ((pairs: InputsOf<Losses>) => Terms) => {
  if (losses.length === 0) throw new RangeError('multiLoss: needs a loss at least')
  for (const [weight] of losses)
    if (!Number.isFinite(weight)) throw new RangeError(`multiLoss: a weight must be a finite number, found ${weight}`)
  return (pairs) => {
    const found = losses.map(([, loss]) => loss(pairs as never))
    // Every pair loss has the same rows, and so the same shares.
    const { share, mass } = found[0]!
    return {
      terms: tf.addN(found.map(({ terms }, k) => tf.mul(losses[k]![0], terms))),
      share,
      mass,
      metrics: found.reduceRight<Terms['metrics']>((logged, { metrics }) => ({ ...logged, ...metrics }), {}),
    }
  }
}
