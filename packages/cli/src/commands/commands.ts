import type { Command } from './command.ts'
import { evaluation } from './evaluation.ts'
import { exporting } from './exporting.ts'
import { sampling } from './sampling.ts'
import { scoring } from './scoring.ts'
import { training } from './training.ts'

/** Every command, in the order of help. What a command needs is loaded when it runs. */
export const COMMANDS: readonly Command[] = [training, sampling, scoring, evaluation, exporting]
