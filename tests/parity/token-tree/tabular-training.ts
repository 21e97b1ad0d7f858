import { type TokenMDP, type Weighted, normaliseLog, totalVariation } from '@gfnlm/env'
import { type Task, adamw, constant, modifiedSubTB, trainer, trajectoryBalanceTask, varGrad } from '@gfnlm/trainer'
import { completionLogPF, weighted } from '../../posterior/token-tree.ts'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Json, number, record } from '../json.ts'
import { type Tree, logRewards } from './tree.ts'

const TASKS: Readonly<Record<string, (mdp: TokenMDP) => Task<Weighted>>> = {
  subtb: (mdp) => modifiedSubTB(mdp),
  tb: (mdp) => trajectoryBalanceTask(mdp),
  vargrad: (mdp) => varGrad(mdp),
}

/** Total variation along a training run with all completions in every batch, for each objective of the case. */
export const tabularTraining = async (
  tree: Tree,
  rate: number,
  temperature: number,
  expected: Json,
): Promise<Comparison[]> => {
  const target = normaliseLog(await logRewards(tree, temperature))
  const batch = await weighted(tree.all, tree.reward, temperature)
  const comparisons: Comparison[] = []
  for (const [name, table] of Object.entries(record(expected))) {
    if (TASKS[name] === undefined) throw new Error(`${name}: no such objective here`)
    const learner = trainer(tree.base, {
      task: TASKS[name](tree.forced),
      optimizer: adamw(),
      learningRate: constant(rate),
    })
    const steps = Object.keys(record(table))
      .map(Number)
      .sort((a, b) => a - b)
    const found: number[] = []
    for (const step of steps) {
      while (learner.state().step < step) await learner.update(batch)
      found.push(totalVariation(normaliseLog(await completionLogPF(tree.base, learner.trainable(), tree.all)), target))
    }
    // One comparison a run: fp32 gradients differ from float64 ones by rounding, which Adam keeps at that size.
    comparisons.push(
      inFloat32(
        `TV after ${steps.join(', ')} steps of ${name}`,
        found,
        steps.map((step) => number(record(table)[step])),
      ),
    )
  }
  return comparisons
}
