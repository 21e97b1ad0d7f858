import { enumerateCompletions, logSumExp, normaliseLog } from '@gfnlm/env'
import { shortPenalty } from '@gfnlm/reward'
import { VOCAB, balancedLogits, nodeOf } from '../../posterior/token-tree.ts'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Json, numbers, record } from '../json.ts'
import { type Tree, logRewards, subTBLoss } from './tree.ts'

/** What the case says of a minimum length: ours (not in the MDP) and the reference's (a penalty on short prefixes). */
export const minimumLengthAt = async (
  tree: Tree,
  minLength: number,
  temperature: number,
  expected: Json,
): Promise<Comparison[]> => {
  const logR = await logRewards(tree, temperature)
  const nodes = enumerateCompletions({ ...tree.forced, minLength }, VOCAB).map(nodeOf)
  const long = nodes.map((node) => logR[node])
  const target = logR.map(() => 0)
  normaliseLog(long).forEach((p, i) => {
    target[nodes[i]] = p
  })
  const penalised = (penalty: string) => shortPenalty(tree.reward, { minLength, penalty: Number(penalty) })

  const comparisons: Comparison[] = []
  for (const [key, values] of Object.entries(record(expected))) {
    const what = `min_len=${minLength},T=${temperature} ${key}`
    const loss = /^subtb loss of base LM with the (-[\d.]+) penalty at the empty string \(forced leaf\)$/.exec(key)?.[1]
    const optimum = /^log P\(term\|empty\) at the optimum with (-[\d.]+)$/.exec(key)?.[1]
    if (key === 'logZ') comparisons.push(inFloat32(what, [logSumExp(long)], values))
    else if (key === 'target') comparisons.push(inFloat32(what, target, tree.ordered(numbers(values))))
    else if (loss !== undefined)
      comparisons.push(
        inFloat32(what, [await subTBLoss(tree, tree.base, tree.forced, temperature, penalised(loss))], values),
      )
    else if (optimum !== undefined)
      comparisons.push(
        inFloat32(what, [balancedLogits(await logRewards(tree, temperature, penalised(optimum)))[0][2]], values),
      )
    else throw new Error(`${what}: nothing to compare it with`)
  }
  return comparisons
}
