import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Compiled code runs from examples/dist; data stays with the sources.
const EXAMPLES = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** A data file of this example. */
export const fileIn = (name: string): string => join(EXAMPLES, 'story-infilling', name)

/** The language model that the repository ships. */
export const STORY_MODEL: string = join(EXAMPLES, 'story-model', 'model')
