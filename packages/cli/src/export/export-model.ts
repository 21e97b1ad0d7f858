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
  /** Of a GGUF file, llama.cpp's tokenizer in it; `ids`: none of its own fits, the file takes ids only. */
  readonly tokenizer?: string
}

type Write = (
  policy: PretrainedPolicy,
  output: string,
  dtype: GgufDtype,
) => TE.TaskEither<Fault, Pick<Exported, 'bytes' | 'tokenizer'>>

/** What a model can be written as, whatever adapter it has merged into its weights. */
export const FORMATS: Readonly<Record<Format, Write>> = {
  gguf: (policy, output, dtype) =>
    pipe(
      writeGguf(policy, null, output, { dtype }),
      TE.map(({ tokenizer }) => ({ tokenizer, bytes: statSync(output).size })),
    ),
  safetensors: (policy, output, dtype) =>
    pipe(
      savePretrained(policy, null, output, { dtype }),
      TE.map(() => ({ bytes: statSync(join(output, 'model.safetensors')).size })),
    ),
}

export interface ExportOptions {
  readonly model: string
  readonly revision: string | undefined
  readonly adapter: string | undefined
  readonly format: Format
  readonly dtype: GgufDtype
  readonly output: string
}

/** Writes a model, its adapter merged, where nothing is yet. */
export const exportModel = ({
  model,
  revision,
  adapter,
  format,
  dtype,
  output,
}: ExportOptions): TE.TaskEither<Fault, Exported> =>
  existsSync(output)
    ? TE.left(fault('OutputInUse', `there is a ${output} already`, 'Choose another --output, or remove it', { output }))
    : pipe(
        loadPolicy(model, {
          onProgress: downloadLine(),
          ...defined({ revision }),
          ...(adapter === undefined ? {} : { adapter, train: 'none' as const }),
        }),
        TE.chain((policy) => FORMATS[format](policy, output, dtype)),
        TE.map((written) => ({ output, format, dtype, adapter: adapter ?? null, ...written })),
      )
