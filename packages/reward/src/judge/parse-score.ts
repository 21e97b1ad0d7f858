export interface ScoreOptions {
  /** Scores that a judge may give; default 0 to 5. Others are no score. */
  readonly range?: readonly [lowest: number, highest: number]
  /** What stands before the score; default "Score". */
  readonly label?: string
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * Reads the score out of a judge's answer: the number after "Score:", decimals and a "/5" behind it included, whatever
 * Markdown is around it. The last one that can be read counts, because judges repeat their instructions first.
 *
 * @returns null where there is none: not a number, or outside of the range
 * @example parseScore()('It helps, but … **Score:** 3.5/5') // 3.5
 */
export const parseScore = ({ range: [lowest, highest] = [0, 5], label = 'Score' }: ScoreOptions = {}): ((
  answer: string,
) => number | null) => {
  // A number, and after it no further digit or decimal: 1.2.3 is none, "4." is the end of a sentence.
  const scores = new RegExp(`${escaped(label)}[\\s*_]*:[\\s*_]*(-?\\d+(?:\\.\\d+)?)(?!\\d|\\.\\d)`, 'gi')
  return (answer) => {
    const found = [...answer.matchAll(scores)].map(([, digits]) => Number(digits))
    return found.findLast((score) => score >= lowest && score <= highest) ?? null
  }
}
