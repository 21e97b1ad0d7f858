import { type Weighted, fault } from '@gfnlm/env'
import { type HostTensors, hostScalar, hostTensor, hostZeros } from '@gfnlm/jit'
import type { LogZ } from '@gfnlm/losses'
import { hiddenStates } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import type { TaskInputs } from './task.ts'

/** Where an objective has its learned log Z from. */
export interface LogZSource {
  readonly parameters: HostTensors
  /** What it needs of a batch, beside what every trajectory task packs. */
  readonly pack: (batch: Weighted) => HostTensors
  /** [] or [rows] nats, inside a compiled function */
  readonly of: (given: TaskInputs) => LogZ
}

const NOTHING = (): HostTensors => ({})

/** One log Z for all prompts, with its first value; any other source as it is. */
export const learnedLogZ = (from: number | LogZSource): LogZSource =>
  typeof from !== 'number'
    ? from
    : { parameters: { logZ: hostScalar(from) }, pack: NOTHING, of: ({ parameters }) => parameters['logZ'] as tf.Scalar }

/**
 * A log Z for each of some prompts, told apart by their ids: a row of a table learns only when its prompt is drawn.
 *
 * @param start first value of each, nats; default 0
 * @example trajectoryBalanceTask(mdp, { logZ: logZTable(prompts.map(({ id }) => id)), rateScale: 10 })
 */
export const logZTable = (ids: readonly string[], start = 0): LogZSource => {
  const place = new Map(ids.map((id, i) => [id, i]))
  return {
    parameters: { logZ: hostTensor(new Float32Array(ids.length).fill(start)) },
    pack: ({ group, prompts }) => {
      const placeOf = (prompt: number): number => {
        const { id } = prompts[prompt]!
        const found = place.get(id)
        if (found === undefined)
          throw fault(
            'PromptUnknown',
            `the table of log Z has no prompt '${id}'`,
            'Give logZTable the ids of all prompts of the run.',
            { id },
          )
        return found
      }
      return { logZPrompt: hostTensor(Int32Array.from(group, placeOf)) }
    },
    of: ({ parameters, batch }) => tf.gather(parameters['logZ'] as tf.Tensor1D, batch['logZPrompt'] as tf.Tensor1D),
  }
}

/**
 * A log Z that is read off the prompt, so that it knows prompts never seen: log Z = w · mean of h + b over the states h
 * that the frozen model has of the prompt's tokens. w starts at 0.
 *
 * @param hidden size of the policy's states: `policy.config.hidden`
 * @param start  first value of b, nats; default 0
 * @see Lee et al. 2025, arXiv:2405.18540, whose head is linear on mean-pooled states
 * @example trajectoryBalanceTask(mdp, { logZ: logZHead(policy.config.hidden) })
 */
export const logZHead = (hidden: number, start = 0): LogZSource => ({
  parameters: { 'logZ.weight': hostZeros([hidden]), 'logZ.bias': hostScalar(start) },
  pack: NOTHING,
  of: ({ policy, constants, parameters, batch }) => {
    const tokens = batch['prompts'] as tf.Tensor2D
    const pad = batch['pad'] as tf.Tensor1D
    const [trunks, width] = tokens.shape
    const states = hiddenStates(policy, constants, null, { tokens, pad }, { start: 0, count: width })
    const column = tf.reshape(tf.range(0, width, 1, 'int32'), [1, width])
    const real = tf.greaterEqual<tf.Tensor2D>(column, tf.expandDims(pad, 1))
    const kept = tf.where(tf.expandDims(real, 2), states, tf.zerosLike(states))
    const mean = tf.div(tf.sum(kept, 1), tf.sum(tf.cast(real, 'float32'), 1, true))
    const weight = tf.reshape(parameters['logZ.weight']!, [hidden, 1]) as tf.Tensor2D
    const byTrunk = tf.reshape(tf.matMul(mean as tf.Tensor2D, weight), [trunks])
    const share = batch['rowAt']!.shape[1]!
    const trunkOf = tf.floorDiv(batch['slotOf']!, tf.scalar(share, 'int32')) as tf.Tensor1D
    return tf.add<tf.Tensor1D>(tf.gather(byTrunk, trunkOf), parameters['logZ.bias']!)
  },
})
