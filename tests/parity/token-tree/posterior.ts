import { klDivergence, logSumExp, normaliseLog, totalVariation } from '@gfnlm/env'
import { balancedLogits, gradientOfKL } from '../../posterior/token-tree.ts'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Json, numbers, record } from '../json.ts'
import { type Tree, expectedGradientOfTB, logProbabilities, logRewards, policyOf, subTBLoss } from './tree.ts'

type Found = readonly number[] | number | Promise<number>

/** What the case says of one temperature, by its names; numbers within a name are read from it. */
export const posteriorAt = async (tree: Tree, temperature: number, expected: Json): Promise<Comparison[]> => {
  const { base, forced, free } = tree
  const logR = await logRewards(tree, temperature)
  const logZ = logSumExp(logR)
  const target = normaliseLog(logR)
  const logPF = await logProbabilities(tree, base, forced)
  const optimal = policyOf(tree, balancedLogits(logR))
  const distance = (logWeights: readonly number[]): number => totalVariation(normaliseLog(logWeights), target)
  const forcedDistance = async (policy: typeof base): Promise<number> =>
    distance(await logProbabilities(tree, policy, forced))
  const stopping = (p: string): typeof base => policyOf(tree, balancedLogits(logR, Number(p)))

  const gradientGap = async (given: string): Promise<number> => {
    const z = given === 'trueZ' ? logZ : Number(given)
    const found = await expectedGradientOfTB(tree, temperature, z, logPF)
    const wanted = gradientOfKL(
      tree.logits,
      tree.all,
      logPF,
      logR.map((r) => r - logZ),
    )
    // Terms of the size of twice the residual cancel: their rounding is what is left of 0.
    const size = Math.max(1, ...logR.map((r, i) => Math.abs(2 * (z + logPF[i] - r))))
    return Math.max(...found.map((x, i) => Math.abs(x - 2 * wanted[i]))) / size
  }
  const variance = (): number => {
    const q = logPF.map(Math.exp)
    const gap = logPF.map((x, i) => logR[i] - x)
    const mean = gap.reduce((sum, g, i) => sum + q[i] * g, 0)
    return gap.reduce((sum, g, i) => sum + q[i] * (g - mean) ** 2, 0)
  }

  const names: readonly (readonly [RegExp, (captured: string) => Found])[] = [
    [/^logZ$/, () => logZ],
    [/^target$/, () => [...target]],
    [/^TV\(optimal policy, target\)$/, () => forcedDistance(optimal)],
    [/^TV\(base LM with forced stop, target\)$/, () => distance(logPF)],
    [
      /^TV\(per-token-tempered LM \(logits\/([\d.]+)\), target\)$/,
      (t) =>
        forcedDistance(
          policyOf(
            tree,
            tree.logits.map((row) => row.map((x) => x / Number(t))),
          ),
        ),
    ],
    [/^KL\(base LM forced \|\| target\)$/, () => klDivergence(logPF.map(Math.exp), target)],
    [/^subtb loss optimal, forced leaf$/, () => subTBLoss(tree, optimal, forced, temperature)],
    [/^subtb loss base LM, free leaf$/, () => subTBLoss(tree, base, free, temperature)],
    [/^subtb loss base LM, forced leaf$/, () => subTBLoss(tree, base, forced, temperature)],
    [/^leaf P\(term\)=([\d.]+) policy: subtb loss, free leaf$/, (p) => subTBLoss(tree, stopping(p), free, temperature)],
    [/^leaf P\(term\)=([\d.]+) policy: TV with forced stop$/, (p) => forcedDistance(stopping(p))],
    [
      /^leaf P\(term\)=([\d.]+) policy: TV without forced stop, renormalised$/,
      async (p) => distance(await logProbabilities(tree, stopping(p), free)),
    ],
    [/^max\|grad E_q TB\(logZ=(.+)\) - 2 grad KL\|$/, gradientGap],
    [/^variance of log R - log P_F under base LM \(forced\)$/, variance],
  ]
  const comparisons: Comparison[] = []
  for (const [key, values] of Object.entries(record(expected))) {
    const what = `T=${temperature} ${key}`
    const [pattern, compute] = names.find(([name]) => name.test(key)) ?? []
    if (pattern === undefined || compute === undefined) throw new Error(`${what}: nothing to compare it with`)
    const found = await compute(pattern.exec(key)?.[1] ?? '')
    comparisons.push(
      typeof found === 'number'
        ? inFloat32(what, [found], values)
        : inFloat32(what, found, tree.ordered(numbers(values))),
    )
  }
  return comparisons
}
