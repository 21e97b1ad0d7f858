import { fault } from '@gfnlm/env'
import type { HostTensors } from '@gfnlm/jit'
import type { Policy, PolicyState } from '@gfnlm/policy'
import type { Metrics } from './events.ts'
import type { ParameterLayout } from './parameter-vector.ts'
import { type TrainStepOptions, type TrainingState, trainStep } from './train-step.ts'

/** Where a run keeps its newest training state: stages read the policy from it, `lossStep` replaces it. */
export interface Trainer<Batch> extends PolicyState {
  readonly layout: ParameterLayout
  readonly trainable: () => HostTensors
  /**
   * The newest of the task's own parameters.
   *
   * @example await saveHead('score', learner.own(), 'adapter', policy.config.hidden)()
   */
  readonly own: () => HostTensors
  readonly state: () => TrainingState
  /**
   * Goes on from another state (a checkpoint's): at once, or after the updates that were asked for before. Throws a
   * StateMismatch fault for another model's or optimizer's.
   */
  readonly restore: (state: TrainingState) => void
  /** One update, after those that were asked for before; the state is replaced only when it succeeds. */
  readonly update: (batch: Batch) => Promise<Metrics>
  /** Tokens of a batch, where the task counts them. */
  readonly tokens?: (batch: Batch) => number
}

/** What learns from batches. */
export type Learner<Batch> = Pick<Trainer<Batch>, 'update' | 'tokens'>

/** What a state is made of. */
const said = ({ parameters, moments }: TrainingState): string => {
  const sizes = Object.entries(moments).map(([name, { length }]) => `${name} of ${length}`)
  return `${parameters.length} numbers with moments ${sizes.sort().join(', ') || 'none'}`
}

/** A trainer of a policy: the train step and a place for its newest state. */
export const trainer = <Batch>(policy: Policy, options: TrainStepOptions<Batch>): Trainer<Batch> => {
  const { layout, initial, step, trainable, own } = trainStep(policy, options)
  let current = initial
  // Whoever has seen a state may keep it. One that nobody has seen is written over when it is two updates old.
  let seen = true
  let spent: TrainingState | undefined
  let before: Promise<unknown> = Promise.resolve()
  let waiting = 0
  const inTurn = <A>(act: () => A | Promise<A>): Promise<A> => {
    waiting++
    const done = before.then(act).finally(() => waiting--)
    before = done.catch(() => undefined)
    return done
  }
  const shown = (): TrainingState => {
    seen = true
    return current
  }
  const replace = (state: TrainingState): void => {
    spent = seen ? undefined : current
    current = state
    seen = false
  }
  const goOnFrom = (state: TrainingState): void => {
    spent = undefined
    current = state
    seen = true
  }
  const update = async (batch: Batch): Promise<Metrics> => {
    const over = spent
    spent = undefined
    const { state, metrics } = await step(current, batch, over)
    replace(state)
    return metrics
  }
  return {
    policy,
    layout,
    trainable: () => trainable(shown()),
    own: () => own(shown()),
    state: shown,
    restore: (state) => {
      const [found, wanted] = [state, initial].map(said)
      if (found !== wanted)
        throw fault(
          'StateMismatch',
          `the state has ${found}, this trainer learns ${wanted}`,
          'Resume with the policy, objective and optimizer the state was saved with.',
          { found, wanted },
        )
      if (waiting === 0) goOnFrom(state)
      else void inTurn(() => goOnFrom(state))
    },
    ...(options.task.tokens === undefined ? {} : { tokens: options.task.tokens }),
    update: (batch) => inTurn(() => update(batch)),
  }
}
