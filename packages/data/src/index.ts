export { type Row, type RowFault, jsonlRows } from './jsonl.ts'
export { type PromptFault, type PromptOptions, promptOfRow } from './prompt-of-row.ts'
export { type PromptsFault, promptSource, readPrompts } from './prompt-source.ts'
export { type EpochOrder, promptBatch, prompts } from './prompt-batch.ts'
