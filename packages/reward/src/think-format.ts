import type { JudgeFunction } from './completion-reward.ts'

const OPEN = '<think>'
const CLOSE = '</think>'

/** 1 for a text that begins with its only `<think>` and closes it, else 0. */
export const thinkFormat = (text: string): number =>
  text.startsWith(OPEN) && !text.includes(OPEN, OPEN.length) && text.includes(CLOSE, OPEN.length) ? 1 : 0

/** `thinkFormat` of completions, as a reward. TRL think_format_reward. */
export const thinkFormatReward: JudgeFunction = (completions) => completions.map(({ text }) => thinkFormat(text))
