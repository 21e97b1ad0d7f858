import type { Comparison } from '../comparison.ts'
import type { Checker } from '../run-parity.ts'
import { minimumLengthAt } from '../token-tree/minimum-length.ts'
import { posteriorAt } from '../token-tree/posterior.ts'
import { tabularTraining } from '../token-tree/tabular-training.ts'
import { type Tree, treeOf } from '../token-tree/tree.ts'
import type { Json } from '../json.ts'

type Section = (tree: Tree, captured: readonly number[], expected: Json) => Promise<Comparison[]>

const SECTIONS: readonly (readonly [RegExp, Section])[] = [
  [/^T=([\d.]+)$/, (tree, [temperature], expected) => posteriorAt(tree, temperature, expected)],
  [
    /^min_len=(\d+),T=([\d.]+)$/,
    (tree, [minLength, temperature], expected) => minimumLengthAt(tree, minLength, temperature, expected),
  ],
  [
    /^tabular training TV \(Adam lr ([\d.]+), init = LM logits, T=([\d.]+), all \d+ strings per step, forced leaf\)$/,
    (tree, [rate, temperature], expected) => tabularTraining(tree, rate, temperature, expected),
  ],
]

/** A tree small enough to enumerate, through the library's reward, log-probabilities, losses and trainer. */
export const tokenTree: Checker = async ({ inputs, expected }) => {
  const tree = treeOf(inputs)
  const comparisons: Comparison[] = []
  for (const [key, section] of Object.entries(expected)) {
    const [pattern, compare] = SECTIONS.find(([name]) => name.test(key)) ?? []
    if (pattern === undefined || compare === undefined) throw new Error(`${key}: nothing to compare it with`)
    comparisons.push(...(await compare(tree, pattern.exec(key)!.slice(1).map(Number), section)))
  }
  return [{ part: '', comparisons }]
}
