import { type Trajectories, tokenMDP } from '@gfnlm/env'
import type { Reward } from '@gfnlm/reward'
import { isLeft } from 'fp-ts/lib/Either.js'

/** Given completions, one for each prompt, to be judged. */
export const batchToJudge = (
  terminator: number,
  prompts: readonly (readonly number[])[],
  completions: readonly (readonly number[])[],
): Trajectories => {
  const rows = prompts.length
  const width = Math.max(...completions.map((z) => z.length)) + 1
  const unknown = new Float32Array(rows * width).fill(NaN)
  return {
    step: 0,
    seed: 0,
    mdp: tokenMDP({ terminator, maxLength: width - 1 }),
    rows,
    width,
    prompts: prompts.map((tokens, row) => ({ id: `${row}`, text: '', tokens: Int32Array.from(tokens), row: {} })),
    group: Int32Array.from(prompts, (_, row) => row),
    tokens: Int32Array.from(completions.flatMap((z) => Array.from({ length: width }, (_, t) => z[t] ?? terminator))),
    length: Int32Array.from(completions, (z) => z.length),
    logPF: unknown,
    logBehaviour: unknown,
    origin: prompts.map(() => 'dataset' as const),
  }
}

/** [rows, width] log R of every prefix. A reward that fails is an error of the case. */
export const judgedBy = async (reward: Reward, batch: Trajectories): Promise<Float32Array> => {
  const judged = await reward(batch)()
  if (isLeft(judged)) throw judged.left
  return judged.right.logReward
}
