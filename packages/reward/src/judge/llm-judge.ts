import { checkCount } from '@gfnlm/env'
import type { Judged, JudgeFunction } from '../completion-reward.ts'
import { judgePrompt } from './judge-prompt.ts'
import { parseScore } from './parse-score.ts'

export interface LlmJudgeOptions {
  /**
   * Draws an answer of a language model to each prompt, null where it has none: the policy itself (self-rewarding),
   * another model, a service.
   */
  readonly ask: (prompts: readonly string[]) => Promise<readonly (string | null)[]>
  /** What the judge reads; default `judgePrompt`, points from 0 to 5. */
  readonly prompt?: (completion: Judged) => string
  /** The score of an answer, null where it has none; default `parseScore()`. */
  readonly parse?: (answer: string) => number | null
  /** Answers drawn for each completion, whose scores are averaged; default 3. */
  readonly samples?: number
  /** What a mean score is worth, nats; default itself. */
  readonly logReward?: (score: number) => number
}

const mean = (scores: readonly number[]): number | null =>
  scores.length === 0 ? null : scores.reduce((a, b) => a + b, 0) / scores.length

/**
 * A language model as a judge: each completion is shown to it `samples` times, and the mean of the scores that can be
 * read is its reward. An answer without a score counts for nothing; a completion with no score at all is dropped, and
 * it alone.
 *
 * @throws RangeError for fewer than 1 sample
 * @see Zheng et al. 2023, arXiv:2306.05685; Yuan et al. 2024, arXiv:2401.10020 (a policy that judges itself)
 * @example completionReward(tokenizer.decode, llmJudge({ ask: (prompts) => Promise.all(prompts.map(askService)) }))
 */
export const llmJudge = ({
  ask,
  prompt = judgePrompt,
  parse = parseScore(),
  samples = 3,
  logReward = (score) => score,
}: LlmJudgeOptions): JudgeFunction => {
  checkCount('llmJudge', 'samples', samples)
  return async (completions) => {
    const shown = completions.flatMap((completion) => Array<string>(samples).fill(prompt(completion)))
    const answers = await ask(shown)
    if (answers.length !== shown.length)
      throw new Error(`the judge gave ${answers.length} answers to ${shown.length} prompts`)
    const scores = answers.map((answer) => (answer === null ? null : parse(answer)))
    return completions.map((_, i) => {
      const score = mean(scores.slice(i * samples, (i + 1) * samples).filter((s) => s !== null))
      return score === null ? null : logReward(score)
    })
  }
}
