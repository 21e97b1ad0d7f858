import {
  bleu,
  type BleuTokenizer,
  bleuTokens,
  chrF,
  corpusBleu,
  meteor,
  porterStem,
  rouge,
  rougeTokens,
} from '@gfnlm/reward'
import { inFloat64 } from '../comparison.ts'
import { type Json, isRecord, list } from '../json.ts'
import type { Checker } from '../run-parity.ts'
import { toldByHost } from '../told.ts'

const texts = (json: Json | undefined): string[] => list(json).map(String)

/** Whether two texts are equal, as the number 1. */
const same = (what: string, found: string, expected: Json | undefined) =>
  inFloat64(what, [Number(found === expected)], [1])

const tokenizerOf = (json: Json | undefined): BleuTokenizer => json as BleuTokenizer

export const bleuOfSacreBLEU: Checker = ({ inputs, expected }) => {
  const { hyp, refs, tokenize } = inputs
  const { corpus_noeff, sentence_eff, tokenized } = expected
  const of = (effectiveOrder: boolean): number =>
    100 * bleu({ tokenize: tokenizerOf(tokenize), effectiveOrder })(String(hyp), texts(refs))
  const told = toldByHost(
    { corpus_noeff: corpus_noeff!, sentence_eff: sentence_eff! },
    {
      corpus_noeff: of(false),
      sentence_eff: of(true),
    },
  )
  const tokens = bleuTokens(String(hyp), tokenizerOf(tokenize)).join(' ')
  return [{ part: '', comparisons: [...told, same('tokenized', tokens, tokenized)] }]
}

export const bleuOfCorpus: Checker = ({ inputs: { hyps, refs, tokenize }, expected }) => {
  const streams = list(refs).map(texts)
  const references = texts(hyps).map((_, i) => streams.map((stream) => stream[i]!))
  const score = 100 * corpusBleu(texts(hyps), references, { tokenize: tokenizerOf(tokenize) })
  return [{ part: '', comparisons: toldByHost(expected, { score }) }]
}

export const chrfOfSacreBLEU: Checker = ({ inputs: { hyp, refs }, expected }) => {
  const of = (wordOrder: number): number => 100 * chrF({ wordOrder })(String(hyp), texts(refs))
  return [{ part: '', comparisons: toldByHost(expected, { chrf: of(0), 'chrf++': of(2) }) }]
}

export const rougeOfGoogle: Checker = ({ inputs: { hyp, refs }, expected }) => {
  const comparisons = list(expected.per_ref).flatMap((scores, i) => {
    const of = (kind: '1' | '2' | 'L'): number => rouge(kind)(String(hyp), [texts(refs)[i]!])
    return toldByHost(isRecord(scores) ? scores : {}, { rouge1: of('1'), rouge2: of('2'), rougeL: of('L') })
  })
  const most = toldByHost({ rougeL_max: expected.rougeL_max! }, { rougeL_max: rouge('L')(String(hyp), texts(refs)) })
  const tokens = same('hyp_tokens', rougeTokens(String(hyp)).join(' '), texts(expected.hyp_tokens).join(' '))
  return [{ part: '', comparisons: [...comparisons, ...most, tokens] }]
}

export const meteorOfNLTK: Checker = ({ inputs: { hyp_tokens, ref_tokens }, expected }) => {
  const score = meteor({ tokens: (text) => text.split(' ').filter((word) => word !== '') })
  const references = list(ref_tokens).map((tokens) => texts(tokens).join(' '))
  return [{ part: '', comparisons: toldByHost(expected, { out: score(texts(hyp_tokens).join(' '), references) }) }]
}

export const stems: Checker = ({ inputs, expected }) => [
  { part: '', comparisons: [same('stems', texts(inputs.in).map(porterStem).join(' '), texts(expected.out).join(' '))] },
]
