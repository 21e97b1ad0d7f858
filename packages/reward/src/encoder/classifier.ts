import { type Fault, fault } from '@gfnlm/env'
import { labelsOf } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Judged, completionReward } from '../completion-reward.ts'
import type { Reward } from '../reward.ts'
import { type Encoder, type EncoderOptions, loadEncoder } from './encoder.ts'
import { once } from './once.ts'

export interface ClassifierOptions extends EncoderOptions {
  /** The label that counts, by its name in config.json or its number. Default: the only one. */
  readonly label?: string | number
  /**
   * What is the reward, in nats: the log-probability of the label (default), or its logit as it comes, as reward models
   * of one label have it.
   */
  readonly as?: 'logProbability' | 'logit'
  /** What the classifier reads of a completion. Default: its text without the prompt. */
  readonly read?: (completion: Judged) => string
}

const indexOf = (labels: readonly string[], label: string | number | undefined): E.Either<Fault, number> => {
  const index =
    label === undefined ? (labels.length === 1 ? 0 : -1) : typeof label === 'number' ? label : labels.indexOf(label)
  return index >= 0 && index < labels.length
    ? E.right(index)
    : E.left(
        fault(
          'EncoderInvalid',
          label === undefined
            ? 'the classifier has several labels and none was chosen'
            : `the classifier has no label ${JSON.stringify(label)}`,
          `Choose one of ${labels.join(', ')}`,
          { labels },
        ),
      )
}

/** log σ(x) */
const logSigmoid = (x: number): number => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)))

/**
 * log p of one label from the logits of all: log softmax, or log σ of its own where labels do not exclude each other or
 * there is only one.
 */
const logProbability = (logits: Float32Array, label: number, exclusive: boolean): number => {
  if (!exclusive) return logSigmoid(logits[label]!)
  const most = Math.max(...logits)
  return logits[label]! - most - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0))
}

const notOfLabels = (shape: readonly number[], labels: readonly string[]): Fault =>
  fault(
    'EncoderInvalid',
    `the classifier's logits have the shape [${shape.join(', ')}], not one for each label (${labels.join(', ')})`,
    "Name all labels in config.json's id2label, and use a classifier of texts, not of their tokens",
    { shape, labels },
  )

const judgeWith =
  (
    encoder: Encoder,
    names: readonly string[],
    label: number,
    { as = 'logProbability', read = ({ text }) => text }: ClassifierOptions,
  ) =>
  async (completions: readonly Judged[]): Promise<number[]> => {
    const rewards: number[] = []
    for await (const { output } of encoder.encode(completions.map(read))) {
      const labels = names.length
      if (output.shape.length !== 2 || output.shape[1] !== labels) throw notOfLabels(output.shape, names)
      const exclusive = labels > 1 && encoder.config['problem_type'] !== 'multi_label_classification'
      for (let row = 0; row < output.shape[0]!; row++) {
        const logits = (output.data as Float32Array).subarray(row * labels, (row + 1) * labels)
        rewards.push(as === 'logit' ? logits[label]! : logProbability(logits, label, exclusive))
      }
    }
    return rewards
  }

/**
 * A reward from a frozen text classifier: sentiment, toxicity, or a reward model of one label. The model is loaded with
 * the first batch; what is wrong with it, then or when it is run, is that batch's fault. Without names of labels in its
 * config.json it has `num_labels` of them, or two as transformers takes it, and its logits must agree.
 *
 * @param model a directory in the layout of transformers.js (config.json, tokenizer.json, onnx/model.onnx), or a hub id
 * @param decode the policy's own tokens to text
 * @example annotate(classifier('models/sst2', tokenizer.decode, { label: 'POSITIVE' }))
 */
export const classifier = (
  model: string,
  decode: (ids: Int32Array) => string,
  options: ClassifierOptions = {},
): Reward => {
  const judge = once(
    pipe(
      loadEncoder(model, 'logits', options),
      TE.chainEitherK((encoder) =>
        pipe(
          E.Do,
          E.bind('names', (): E.Either<Fault, readonly string[]> => labelsOf(encoder.config)),
          E.bind('label', ({ names }) => indexOf(names, options.label)),
          E.map(({ names, label }) => judgeWith(encoder, names, label, options)),
        ),
      ),
    ),
  )
  return (batch) =>
    pipe(
      judge,
      TE.chain((judged) => completionReward(decode, judged)(batch)),
    )
}
