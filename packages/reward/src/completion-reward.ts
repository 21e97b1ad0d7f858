import { type Prompt, type Trajectories, completionOf, fault, isFault } from '@gfnlm/env'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Reward } from './reward.ts'

/** A completion as a reward function sees it. */
export interface Judged {
  readonly prompt: Prompt
  readonly text: string
  readonly tokens: Int32Array
}

/** A reward of one's own: log R in nats for each completion; null where it cannot tell. */
export type JudgeFunction = (
  completions: readonly Judged[],
) => readonly (number | null)[] | Promise<readonly (number | null)[]>

const NOT_JUDGED = NaN

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** What came of judging: log-rewards, and what the first exception said that cost a completion its own. */
interface Verdict {
  readonly judged: readonly (number | null)[]
  readonly failure?: string
}

const judgeAlone = async (judge: JudgeFunction, completion: Judged): Promise<Verdict> => {
  try {
    return { judged: [(await judge([completion]))[0] ?? null] }
  } catch (caught) {
    if (isFault(caught)) throw caught
    return { judged: [null], failure: messageOf(caught) }
  }
}

/**
 * Judges all at once; when that throws, one after another, so that a completion that breaks the judge costs itself
 * only, and a service that refused is not asked more at once than before. A fault is of the judge, not of a completion: no other try would mend it.
 */
const judgeAll = async (judge: JudgeFunction, completions: readonly Judged[]): Promise<Verdict> => {
  try {
    return { judged: await judge(completions) }
  } catch (caught) {
    if (isFault(caught)) throw caught
    const alone: Verdict[] = []
    for (const completion of completions) alone.push(await judgeAlone(judge, completion))
    const first = alone.find(({ failure }) => failure !== undefined)
    return { ...first, judged: alone.flatMap(({ judged }) => judged) }
  }
}

/**
 * Makes a reward of a plain function of completions. It judges whole completions, so it goes with losses that read the
 * reward at the end only (trajectory balance, VarGrad). A fault that it throws is the batch's; after any other exception
 * completions are judged one after another, and those that throw are dropped.
 *
 * @example completionReward(tokenizer.decode, (completions) => completions.map(({ text }) => (text.includes('moon') ? 0 : -5)))
 */
export const completionReward =
  (decode: (ids: Int32Array) => string, judge: JudgeFunction): Reward =>
  (batch: Trajectories) =>
    TE.tryCatch(
      async () => {
        const completions = Array.from({ length: batch.rows }, (_, row): Judged => {
          const tokens = completionOf(batch, row)
          return { prompt: batch.prompts[batch.group[row]!]!, tokens, text: decode(tokens) }
        })
        const { judged, ...failed } = await judgeAll(judge, completions)
        if (judged.length !== batch.rows)
          throw new Error(`it returned ${judged.length} rewards for ${batch.rows} completions`)
        const logReward = new Float32Array(batch.rows * batch.width).fill(NaN)
        judged.forEach((r, row) => {
          logReward[row * batch.width + batch.length[row]!] = r ?? NOT_JUDGED
        })
        return { logReward, ...failed }
      },
      (cause) =>
        isFault(cause)
          ? cause
          : fault(
              'RewardFailed',
              `the reward function failed: ${messageOf(cause)}`,
              'It must return one log-reward, or null, for each completion it is given.',
              { cause },
            ),
    )
