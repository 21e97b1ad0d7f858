/**
 * Writes the prompts of the demo: `node examples/dist/story-infilling/write-prompts.js`.
 *
 * prompts.jsonl (200 stories to train on) and held-out.jsonl (32 with other beginnings), columns id, prompt,
 * beginning, ending, middle (the grammar's own; nothing learns from it).
 */
import { writeFileSync } from 'node:fs'
import { infillingPrompts, promptsJsonl } from '../story-model/infilling-prompts.ts'
import { fileIn } from './paths.ts'

writeFileSync(fileIn('prompts.jsonl'), promptsJsonl(infillingPrompts(1, 200, 'train')))
writeFileSync(fileIn('held-out.jsonl'), promptsJsonl(infillingPrompts(1, 32, 'held-out')))
