import { type TokenMDP, type Trajectories, settledTokens } from '@gfnlm/env'
import { type Device, jitPerShape } from '@gfnlm/jit'
import {
  type PackedInput,
  type PolicyState,
  type Tensors,
  actionScores,
  inVocabulary,
  packRows,
  reference,
} from '@gfnlm/policy'
import { type MonoTypeOperatorFunction, concatMap } from 'rxjs'
import { choices } from '../tasks/choices.ts'

export interface ReferenceOptions {
  /** What the policy is to stay near. Default: the policy with its adapter off. */
  readonly of?: PolicyState
  readonly device?: Device
}

type Scorer = (batch: Trajectories) => Promise<Float32Array>

/** [rows, width] log-probabilities of the actions of a batch, as a policy is when asked. */
export const logProbsOf = (mdp: TokenMDP, { policy, trainable }: PolicyState, device: Device): Scorer => {
  const run = jitPerShape(
    ({ trainable: own, packed }: { trainable?: Tensors; packed: PackedInput }, constants) => ({
      logProb: actionScores(policy, mdp, constants, own ?? null, packed).logPF,
    }),
    { device, constants: policy.constants, limit: 64 },
  )
  return async (batch) => {
    const own = trainable()
    const packed = inVocabulary(policy, packRows(batch, settledTokens(batch)))
    const { logProb } = await run({ ...(own === null ? {} : { trainable: own }), packed })
    return logProb.data as Float32Array
  }
}

/**
 * Adds what the reference says of the completions of a batch (`referenceLogProb`), from which tasks take their KL in
 * the reward (`klCoefficient`). One forward a batch; a second, of the policy as it is now, where the batch does not
 * know what the policy said of a completion (replayed ones): so that both are known of every choice. Illegal tokens
 * and minimum length are masked in both.
 *
 * @param learner the policy that learns
 * @example
 * sample(learner, { mdp, perPrompt: 4 }), annotate(reward), reweight(uniform),
 * referenceLogProbs(mdp, learner), lossStep(learner)
 */
export const referenceLogProbs = <Batch extends Trajectories>(
  mdp: TokenMDP,
  learner: PolicyState,
  { of = reference(learner.policy), device = 'cpu' }: ReferenceOptions = {},
): MonoTypeOperatorFunction<Batch> => {
  const [there, here] = [logProbsOf(mdp, of, device), logProbsOf(mdp, learner, device)]
  return concatMap(async (batch) => {
    const chosen = choices(batch)
    const known = batch.logPF.every((logProb, cell) => chosen[cell] === 0 || !Number.isNaN(logProb))
    const now = known ? batch.logPF : await here(batch)
    const logPF = batch.logPF.map((logProb, cell) => (Number.isNaN(logProb) ? now[cell]! : logProb))
    return { ...batch, logPF, referenceLogProb: await there(batch) }
  })
}
