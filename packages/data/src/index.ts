export { type Row, type RowFault, jsonlRows } from './jsonl.ts'
export { type PromptFault, type PromptOptions, promptOfRow } from './prompt-of-row.ts'
export { type PromptsFault, promptSource, readPrompts } from './prompt-source.ts'
export { type EpochOrder, promptBatch, prompts } from './prompt-batch.ts'
export { type PackedSequences, packBestFit, packBestFitSplit, packWrapped } from './packing.ts'
export {
  type Message,
  type PreferenceRow,
  type TextOrMessages,
  type UnpairedRow,
  unpaired,
  withPrompt,
} from './preference-rows.ts'
export { type MaskedRows, flushLeft } from './flush-left.ts'
export { type FitOptions, type RowTooLong, type TokenRow, fittedRow } from './fitted-row.ts'
export type { Truncation } from './truncation.ts'
export { type PreferenceFault, preferenceOfRow } from './preference-of-row.ts'
export { type SupervisedRow, supervisedOfRow } from './supervised-of-row.ts'
export { unpairedOfRow } from './unpaired-of-row.ts'
export { rememberedOrder, rowBatch } from './row-batch.ts'
