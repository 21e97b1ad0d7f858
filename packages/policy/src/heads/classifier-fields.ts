import type { HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type ConfigJson, badField, isAbsent } from '../architectures/config-fields.ts'
import type { PolicyFault } from '../policy-fault.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { SCORE_WEIGHT } from './score-head.ts'

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `LABEL_${i}`)

/** Names of the labels of a config.json; two where it says nothing, as transformers has it. */
export const labelsOf = (json: ConfigJson): E.Either<PolicyFault, readonly string[]> => {
  const { id2label, num_labels: count } = json
  if (id2label === undefined || id2label === null) {
    const labels = count ?? 2
    return Number.isSafeInteger(labels) && (labels as number) >= 1 && (labels as number) <= 1e6
      ? E.right(numbered(labels as number))
      : badField(json, 'num_labels', 'It must be a whole number from 1 to 1000000')
  }
  const names = typeof id2label === 'object' ? (id2label as Readonly<Record<string, unknown>>) : {}
  const labels = Object.keys(names).map((_, i) => names[i])
  return labels.length > 0 && labels.every((label) => typeof label === 'string')
    ? E.right(labels as string[])
    : badField(json, 'id2label', 'It must name the labels "0", "1", …')
}

/**
 * Names of as many labels as a score head has: those of a config.json, which must be as many, and numbered ones where it
 * says nothing.
 */
export const labelsFor = (json: ConfigJson, count: number): E.Either<PolicyFault, readonly string[]> => {
  if (isAbsent(json, 'id2label') && isAbsent(json, 'num_labels')) return E.right(numbered(count))
  return pipe(
    labelsOf(json),
    E.chain((labels) =>
      labels.length === count
        ? E.right(labels)
        : badField(
            json,
            isAbsent(json, 'id2label') ? 'num_labels' : 'id2label',
            `The score head has ${count} labels, config.json ${labels.length}`,
          ),
    ),
  )
}

/**
 * What config.json says of a classifier: its class, its labels where it does not name as many already, and where it has
 * none a token to pad with, without which transformers refuses more than one row.
 */
export const classifierFields = (json: ConfigJson, score: HostTensors, tokenizer?: Tokenizer): ConfigJson => {
  const count = score[SCORE_WEIGHT]!.shape[0]!
  const known = labelsOf(json)
  const names = E.isRight(known) && known.right.length === count ? known.right : numbered(count)
  const classes = Array.isArray(json['architectures']) ? (json['architectures'] as unknown[]) : []
  const pad = tokenizer?.pad ?? tokenizer?.eos
  return {
    ...(isAbsent(json, 'pad_token_id') && pad !== undefined ? { pad_token_id: pad } : {}),
    architectures: classes.map((name) =>
      String(name).replace(/(LMHeadModel|For[A-Z]\w+)$/, 'ForSequenceClassification'),
    ),
    id2label: Object.fromEntries(names.map((name, i) => [i, name])),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
  }
}
