import {
  type Fault,
  type Prompt,
  type Trajectories,
  checkCount,
  completionOf,
  fault,
  isFault,
  leftPadded,
} from '@gfnlm/env'
import { type Device, type HostTensors, hostTensor, jitPerShape } from '@gfnlm/jit'
import { type Policy, type Tensors, bucketed, sequenceScores } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Reward } from './reward.ts'

/** A decoder with a score head: what `loadClassifier` gives, or a policy and the head that was trained on it. */
export interface RewardModel {
  readonly policy: Policy
  /** `score.weight`, [labels, hidden]. */
  readonly head: HostTensors
  /** The policy's parameters that the head was trained with; null: adapter off. Default those it has. */
  readonly trainable?: HostTensors | null
  /** Names of the head's labels. */
  readonly labels?: readonly string[]
}

/** A completion that is to be read together with its prompt. */
export interface Completed {
  readonly prompt: Prompt
  /** Without the terminator. */
  readonly tokens: Int32Array
  /** The terminator, unless the end was forced: TRL's completions without an EOS have none, either. */
  readonly end: readonly number[]
}

export interface RewardModelScoreOptions {
  /** The label that counts, by its name or its number. Default: the only one. */
  readonly label?: string | number
  /** Tokens that the reward model reads; default prompt, completion and terminator, of the policy's vocabulary. */
  readonly read?: (completed: Completed) => Int32Array
  /** What a score is worth, nats; default itself. */
  readonly logReward?: (score: number) => number
  /** Texts scored at once; default 16. */
  readonly at?: number
  readonly device?: Device
}

const invalid = (message: string, fix: string, detail: Readonly<Record<string, unknown>> = {}): Fault =>
  fault('RewardModelInvalid', message, fix, detail)

const labelIndex = ({ head, labels = [] }: RewardModel, label: string | number | undefined): number => {
  const count = head['score.weight']?.shape[0] ?? 0
  const names = Array.from({ length: count }, (_, i) => labels[i] ?? `LABEL_${i}`)
  const index = typeof label === 'string' ? names.indexOf(label) : (label ?? (count === 1 ? 0 : -1))
  if (Number.isInteger(index) && index >= 0 && index < count) return index
  throw invalid(
    label === undefined
      ? `the reward model's head has ${count} labels and none was chosen`
      : `the reward model has no label ${JSON.stringify(label)}`,
    count === 0 ? 'Give it a score head: `score.weight` of [labels, hidden].' : `Choose one of ${names.join(', ')}.`,
    { labels: names },
  )
}

const wholeText = ({ prompt, tokens, end }: Completed): Int32Array => Int32Array.of(...prompt.tokens, ...tokens, ...end)

const textsOf = (batch: Trajectories, read: (completed: Completed) => Int32Array): readonly Int32Array[] => {
  const { mdp, length, group, prompts } = batch
  return Array.from({ length: batch.rows }, (_, row) => {
    const end = length[row]! < mdp.maxLength || mdp.leaf === 'free' ? [mdp.terminator] : []
    return read({ prompt: prompts[group[row]!]!, tokens: completionOf(batch, row), end })
  })
}

const checkTokens = (texts: readonly Int32Array[], { name, vocabSize }: Policy): void =>
  texts.forEach((text, row) => {
    const id = text.find((token) => !(token >= 0 && token < vocabSize))
    if (id !== undefined)
      throw invalid(
        `row ${row}: token ${id} is none of the ${vocabSize} of the reward model ${name}`,
        "Give `read`, which encodes the text with the reward model's own tokenizer.",
        { row, token: id },
      )
  })

/**
 * The score that a reward model gives prompt and completion together, as a reward: a score head trained by the trainer's
 * `rewardModel`, or a `…ForSequenceClassification` checkpoint. It judges whole completions. Texts are scored in batches;
 * padding changes no score. A text without a token, or one longer than the model's context, is not judged: its row is
 * dropped.
 *
 * The batch's fault is `RewardModelInvalid` for a label or a token that the model has not, else `RewardFailed`.
 *
 * @throws RangeError for fewer than 1 text at once
 * @see Stiennon et al. 2020, arXiv:2009.01325; TRL PPOTrainer `get_reward`
 * @example
 * const model = await loadClassifier('models/reward')() // Either
 * annotate(rewardModelScore(model.right))
 * @example rewardModelScore({ policy, head: learner.own(), trainable: learner.trainable() })
 */
export const rewardModelScore = (
  model: RewardModel,
  { label, read = wholeText, logReward = (score) => score, at = 16, device = 'cpu' }: RewardModelScoreOptions = {},
): Reward => {
  checkCount('rewardModelScore', 'at', at)
  const { policy, head, trainable = policy.trainable } = model
  const run = jitPerShape(
    (given: { own?: Tensors; head: Tensors; tokens: tf.Tensor; pad: tf.Tensor }, constants: Tensors) => ({
      scores: sequenceScores(policy, constants, given.own ?? null, given.head, {
        tokens: given.tokens as tf.Tensor2D,
        pad: given.pad as tf.Tensor1D,
      }),
    }),
    { device, constants: policy.constants, limit: 64 },
  )
  const scoresOf = async (texts: readonly Int32Array[], index: number): Promise<readonly number[]> => {
    const longest = texts.reduce((most, { length }) => Math.max(most, length), 1)
    const { tokens, pad, width } = leftPadded(texts, { width: Math.min(bucketed(longest), policy.contextLength) })
    const { scores } = await run({
      ...(trainable === null ? {} : { own: trainable }),
      head,
      tokens: hostTensor(tokens, [texts.length, width]),
      pad: hostTensor(pad),
    })
    return texts.map((_, row) => scores.data[row * scores.shape[1]! + index]!)
  }
  const score = async (batch: Trajectories): Promise<Float32Array> => {
    const index = labelIndex(model, label)
    const texts = textsOf(batch, read)
    checkTokens(texts, policy)
    const rows = [...texts.keys()].filter((row) => texts[row]!.length > 0 && texts[row]!.length <= policy.contextLength)
    const rewards = new Float32Array(batch.rows * batch.width).fill(NaN)
    for (let first = 0; first < rows.length; first += at) {
      const some = rows.slice(first, first + at)
      const scores = await scoresOf(
        some.map((row) => texts[row]!),
        index,
      )
      some.forEach((row, i) => {
        rewards[row * batch.width + batch.length[row]!] = logReward(scores[i]!)
      })
    }
    return rewards
  }
  return (batch) =>
    TE.tryCatch(
      async () => ({ logReward: await score(batch) }),
      (cause): Fault =>
        isFault(cause) && cause._tag === 'RewardModelInvalid'
          ? cause
          : fault(
              'RewardFailed',
              `the reward model ${policy.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
              'Check that the head was trained on this model: its states have as many components as the head reads.',
              { cause },
            ),
    )
}
