import { type ReplayBuffer, addEntry, bestEntries, replayBuffer } from '@gfnlm/sampler'
import { type Comparison, inFloat64 } from '../comparison.ts'
import type { Checker } from '../run-parity.ts'
import { list, number, numbers, record } from '../json.ts'

const PROMPT = 'the only prompt'

/** Adds to a replay buffer one by one; the content after each, best first, must be the reference's. */
export const replayBufferScenario: Checker = ({ inputs, expected }) => {
  const terminator = number(inputs.terminator)
  const tolerance = number(inputs.sim_tolerance)
  let buffer: ReplayBuffer = replayBuffer({ capacity: number(inputs.capacity), tolerance })
  const comparisons = list(expected.steps).flatMap((json, step): readonly Comparison[] => {
    const { add, logreward, content } = record(json)
    const padded = numbers(add)
    const end = padded.indexOf(terminator)
    const tokens = Int32Array.from(end < 0 ? padded : padded.slice(0, end))
    const logReward = number(logreward)
    const prefixLogReward = new Float32Array(tokens.length + 1).fill(NaN).fill(logReward, tokens.length)
    buffer = addEntry(buffer, PROMPT, { tokens, logReward, prefixLogReward, step })
    const found = bestEntries(buffer, PROMPT)
    const references = list(content).map(list)
    const wanted = references.map(([, text]) => String(text).split(' ').filter(Boolean).map(Number))
    return [
      inFloat64(
        `step ${step} rewards`,
        found.map((entry) => entry.logReward),
        references.map(([reward]) => reward),
      ),
      inFloat64(
        `step ${step} lengths`,
        found.map((entry) => entry.tokens.length),
        wanted.map((ids) => ids.length),
      ),
      inFloat64(
        `step ${step} tokens`,
        found.flatMap((entry) => [...entry.tokens]),
        wanted.flat(),
      ),
    ]
  })
  return [{ part: '', comparisons }]
}
