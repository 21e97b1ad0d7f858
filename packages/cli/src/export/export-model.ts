import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Fault, fault } from '@gfnlm/env'
import { type GgufDtype, type PretrainedPolicy, loadPolicy, savePretrained, writeGguf } from '@gfnlm/policy'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defined } from '../defined.ts'
import { downloadLine } from '../download-line.ts'

export type Format = 'gguf' | 'safetensors'

/** What was written. */
export interface Exported {
  readonly output: string
  readonly format: Format
  readonly dtype: GgufDtype
  readonly bytes: number
  /** The adapter that was merged; null: the model as it is. */
  readonly adapter: string | null
  /** Of a GGUF file, llama.cpp's tokenizer in it; `ids`: it has none, the file takes ids only. */
  readonly tokenizer?: string
  /** Where what runs the file departs from the model. */
  readonly notes: readonly string[]
}

/** How a model is written. */
export interface Writing {
  readonly dtype: GgufDtype
  /** What a GGUF file takes. */
  readonly input: 'text' | 'ids'
}

type Write = (
  policy: PretrainedPolicy,
  output: string,
  writing: Writing,
) => TE.TaskEither<Fault, Pick<Exported, 'bytes' | 'tokenizer' | 'notes'>>

/** What a model can be written as, whatever adapter it has merged into its weights. */
export const FORMATS: Readonly<Record<Format, Write>> = {
  gguf: (policy, output, writing) =>
    pipe(
      writeGguf(policy, null, output, writing),
      TE.map(({ tokenizer, notes }) => ({ tokenizer, notes, bytes: statSync(output).size })),
    ),
  safetensors: (policy, output, { dtype }) =>
    pipe(
      savePretrained(policy, null, output, { dtype }),
      TE.map(() => ({ notes: [], bytes: statSync(join(output, 'model.safetensors')).size })),
    ),
}

export interface ExportOptions extends Writing {
  readonly model: string
  readonly revision: string | undefined
  readonly adapter: string | undefined
  readonly format: Format
  readonly output: string
}

/** Writes a model, its adapter merged, where nothing is yet. */
export const exportModel = ({
  model,
  revision,
  adapter,
  format,
  output,
  ...writing
}: ExportOptions): TE.TaskEither<Fault, Exported> =>
  existsSync(output)
    ? TE.left(fault('OutputInUse', `there is a ${output} already`, 'Choose another --output, or remove it', { output }))
    : pipe(
        loadPolicy(model, {
          onProgress: downloadLine(),
          ...defined({ revision }),
          ...(adapter === undefined ? {} : { adapter, train: 'none' as const }),
        }),
        TE.chain((policy) => FORMATS[format](policy, output, writing)),
        TE.map((written) => ({ output, format, dtype: writing.dtype, adapter: adapter ?? null, ...written })),
      )
