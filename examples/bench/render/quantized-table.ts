import { figure } from './show.ts'

/** A step's milliseconds, and the most bytes its process held. */
interface Cost {
  readonly step: number
  readonly peak: number
}

/** What a base costs that is kept in so many bits. */
export interface QuantizedRow {
  readonly bits: number
  readonly training: Cost
  readonly decode: Cost
  /** Nats a token of the story model, kept so. */
  readonly loss: number
}

/** A markdown table, one row for each number of bits; in brackets how much of the first row's it is. */
export const quantizedTable = (rows: readonly QuantizedRow[]): string => {
  const cells = ({ training, decode }: QuantizedRow): readonly string[] =>
    (
      [
        [training, rows[0]!.training],
        [decode, rows[0]!.decode],
      ] as const
    ).flatMap(([cost, first]) => [
      `${figure(cost.step)} ms (${(cost.step / first.step).toFixed(2)} ×)`,
      `${figure(cost.peak / 1e6)} MB (${(cost.peak / first.peak).toFixed(2)} ×)`,
    ])
  return [
    '| bits a weight | LoRA training step | its peak memory | cached decode step | its peak memory | loss of the story model, nats a token |',
    '|--:|--:|--:|--:|--:|--:|',
    ...rows.map((row) => `| ${row.bits} | ${cells(row).join(' | ')} | ${row.loss.toFixed(4)} |`),
  ].join('\n')
}
