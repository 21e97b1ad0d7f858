import type { Judged } from '../completion-reward.ts'

/**
 * Asks for a review of a response and its score from 0 to 5, one point for each thing that it does: the additive scale
 * of self-rewarding language models, in words of our own.
 *
 * @see Yuan et al. 2024, arXiv:2401.10020, §2
 */
export const judgePrompt = ({
  prompt,
  text,
}: Pick<Judged, 'text'> & { readonly prompt: { readonly text: string } }): string =>
  `Review what was asked and the response to it, and score the response from 0 to 5. Give one point for each of these:
- it is about what was asked and says something useful, even if it is incomplete;
- it answers a good part of the question, even if it does not settle it;
- it answers the basic question in a way that helps whoever asked;
- it is complete, clear, well ordered, and written for whoever asked;
- it is made for just this question, shows expert knowledge, and has nothing in it that could go.

Asked:
${prompt.text}

Response:
${text}

Explain your score in at most 100 words. Then write, on a line of its own, "Score: " and the total of the points.
`
