import type { Recorded } from './record.ts'
import { figure, limitOf } from './show.ts'

const of = (value: number | null, unit: string): string => (value === null ? '–' : `${figure(value)} ${unit}`)

/** The whole table as markdown: a row a figure, with what was asked of it. */
export const benchTable = (records: readonly Recorded[]): string =>
  [
    '| row | what | ours | against | peer | ratio | asked |',
    '|---|---|--:|---|--:|--:|--:|',
    ...records.map((record) => {
      const { name, measures, ours, against, peer, unit, ratio, met } = record
      const verdict = met === null ? ', no peer' : met ? '' : ', **not met**'
      const cells = [
        `\`${name}\``,
        measures,
        of(ours, unit),
        against,
        of(peer, unit),
        ratio === null ? '–' : `${ratio.toFixed(2)} ×`,
      ]
      return `| ${[...cells, limitOf(record) + verdict].join(' | ')} |`
    }),
  ].join('\n')

/** The figures that were compared, without the names of the rows. */
export const summaryTable = (records: readonly Recorded[]): string =>
  [
    '| what | ours | against | peer |',
    '|---|--:|---|--:|',
    ...records
      .filter(({ peer }) => peer !== null)
      .map(
        ({ measures, ours, unit, against, peer, ratio }) =>
          `| ${measures} | ${of(ours, unit)} | ${against} | ${of(peer, unit)} (${ratio!.toFixed(2)} ×) |`,
      ),
  ].join('\n')

/** Where and with what the figures were measured, in a sentence. */
export const machineSentence = (records: readonly Recorded[]): string => {
  const { cpu, cores, memoryGB, node, onnxruntime, date } = records[0]!.machine
  return `${cores} cores of ${cpu}, ${memoryGB} GB, Node ${node}, ONNX Runtime ${onnxruntime}; ${date}.`
}
