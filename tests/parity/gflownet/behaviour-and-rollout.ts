import { exceptTokens, keyOf, tokenMDP } from '@gfnlm/env'
import { behaviour, draw, exploring, learnedLogProb } from '@gfnlm/sampler'
import { inFloat64 } from '../comparison.ts'
import type { Checker } from '../run-parity.ts'
import { flatten, list, matrix, number, numbers } from '../json.ts'

/** The u in [0, 1) at which inverse-CDF sampling draws a token: the middle of its stretch. */
const drawnAt = (probabilities: Float64Array, token: number): number =>
  probabilities.slice(0, token).reduce((sum, p) => sum + p, 0) + probabilities[token] / 2

/** What the sampler draws from, and what the loss would see, along a rollout whose samples are given. */
export const behaviourAndRollout: Checker = ({ inputs, expected }) => {
  const steps = list(inputs.step_logits).map(matrix)
  const scripted = list(inputs.scripted_samples).map((step) => list(step).flatMap(flatten))
  const rows = steps[0].length
  const vocab = steps[0][0].length
  const terminator = number(inputs.terminator)
  const maxLength = number(inputs.max_len)
  const logitShift = exceptTokens(vocab, numbers(inputs.illegal), number(inputs.vocab_alpha))
  const sampled = tokenMDP({ terminator, maxLength, minLength: number(inputs.min_len), logitShift })
  // The reference's learned policy knows neither the minimum length nor the forced stop.
  const learned = tokenMDP({ terminator, maxLength, leaf: 'free', logitShift })
  const exploration = exploring({ temperature: number(inputs.temperature) })(keyOf(0))

  const probabilities = steps.map((logits, t) =>
    logits.map((row) => behaviour(Float64Array.from(row), sampled, t, exploration, new Float64Array(vocab))),
  )
  const columns = Array.from({ length: rows }, (_, row) => {
    const out = { tokens: [] as number[], logPF: [] as number[], logPTerm: [] as number[] }
    let ended = false
    steps.forEach((logits, t) => {
      const at = (token: number): number => learnedLogProb(Float64Array.from(logits[row]), learned, t, token)
      const given = probabilities[t][row]
      const wanted = t >= maxLength ? terminator : scripted[t][row]
      const token = ended ? terminator : draw(given, drawnAt(given, wanted)).token
      out.tokens.push(token)
      out.logPTerm.push(ended ? 0 : at(terminator))
      ended ||= token === terminator
      out.logPF.push(ended ? 0 : at(token))
    })
    return out
  })
  // The file's rows start with their prompts.
  const generated = matrix(expected.generated).map((row) => row.slice(-steps.length))
  return [
    {
      part: '',
      comparisons: [
        inFloat64(
          'behaviour_probs',
          probabilities.flat().flatMap((row) => [...row]),
          expected.behaviour_probs,
        ),
        inFloat64(
          'generated',
          columns.flatMap(({ tokens }) => tokens),
          generated,
        ),
        inFloat64(
          'log_pf',
          columns.flatMap(({ logPF }) => logPF),
          expected.log_pf,
        ),
        inFloat64(
          'log_pterm',
          columns.flatMap(({ logPTerm }) => logPTerm),
          expected.log_pterm,
        ),
      ],
    },
  ]
}
