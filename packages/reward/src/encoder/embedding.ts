import { type Fault, fault, isFault } from '@gfnlm/env'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type EncoderOptions, loadEncoder } from './encoder.ts'
import { once } from './once.ts'
import { type Pooling, pooled } from './pooling.ts'
import { type Head, readHead } from './sentence-transformer.ts'

export interface EmbeddingOptions extends EncoderOptions {
  /**
   * How a text's vector comes of its tokens', padding aside; of several ways one after another. Default: as the model's
   * 1_Pooling/config.json says, else `mean`.
   */
  readonly pooling?: Pooling | readonly Pooling[]
  /**
   * Whether vectors have length 1, so that inner products are cosines. Default: whether the model's modules.json has a
   * Normalize; true where there is none.
   */
  readonly normalise?: boolean
}

/** Vectors of texts, all of one length. */
export type Embedding = (texts: readonly string[]) => TE.TaskEither<Fault, readonly Float32Array[]>

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((x) => x / length)
}

/** What comes after an encoder: the options where they are given, then the model's own files. */
const headOf = (directory: string, { pooling, normalise }: EmbeddingOptions): TE.TaskEither<Fault, Head> => {
  const poolings = pooling === undefined ? undefined : [pooling].flat()
  return poolings !== undefined && normalise !== undefined
    ? TE.right({ poolings, normalise })
    : pipe(
        readHead(directory),
        TE.map((head) => ({ poolings: poolings ?? head.poolings, normalise: normalise ?? head.normalise })),
      )
}

/**
 * Vectors of texts from a frozen encoder, as sentence-transformers makes them: for the similarity and the diversity of
 * completions. The model is loaded with the first texts.
 *
 * @param model a directory in the layout of transformers.js (config.json, tokenizer.json, onnx/model.onnx), or a hub id
 * @example const vectors = await embedding('Xenova/all-MiniLM-L6-v2')(['a moon', 'a star'])()
 */
export const embedding = (model: string, options: EmbeddingOptions = {}): Embedding => {
  const loaded = once(
    pipe(
      loadEncoder(model, 'last_hidden_state', options),
      TE.bindTo('encoder'),
      TE.bind('head', ({ encoder }) => headOf(encoder.directory, options)),
    ),
  )
  return (texts) =>
    pipe(
      loaded,
      TE.chain(({ encoder, head: { poolings, normalise } }) =>
        TE.tryCatch<Fault, readonly Float32Array[]>(
          async () => {
            const vectors: Float32Array[] = []
            for await (const encoded of encoder.encode(texts))
              for (let row = 0; row < encoded.output.shape[0]!; row++) {
                const vector = pooled(encoded, row, poolings)
                vectors.push(normalise ? unit(vector) : vector)
              }
            return vectors
          },
          (cause) =>
            isFault(cause)
              ? cause
              : fault('EncoderInvalid', `${model} could not be run: ${(cause as Error).message}`, 'Check the model', {
                  cause,
                }),
        ),
      ),
    )
}

/** a · b / (|a| |b|); 0 where one is all zeros. */
export const cosineSimilarity = (a: Float32Array, b: Float32Array): number => {
  const [x, y] = [unit(a), unit(b)]
  return x.reduce((sum, value, i) => sum + value * y[i]!, 0)
}

/**
 * How unlike texts are: 1 less the mean cosine over all pairs of them; 0 for fewer than two.
 *
 * @see Hu et al. 2024, arXiv:2310.04363, §4.1 (diversity of sampled sentences)
 */
export const semanticDiversity = (vectors: readonly Float32Array[]): number => {
  const pairs = (vectors.length * (vectors.length - 1)) / 2
  let sum = 0
  vectors.forEach((a, i) => vectors.slice(i + 1).forEach((b) => (sum += cosineSimilarity(a, b))))
  return pairs === 0 ? 0 : 1 - sum / pairs
}
