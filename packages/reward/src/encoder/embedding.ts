import { type Fault, fault } from '@gfnlm/env'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Encoded, type EncoderOptions, loadEncoder } from './encoder.ts'
import { once } from './once.ts'

export interface EmbeddingOptions extends EncoderOptions {
  /** A text's vector: the mean of its tokens' (default, padding aside), or that of its first token. */
  readonly pooling?: 'mean' | 'cls'
  /** Whether vectors have length 1 (default), so that inner products are cosines. */
  readonly normalise?: boolean
}

/** Vectors of texts, all of one length. */
export type Embedding = (texts: readonly string[]) => TE.TaskEither<Fault, readonly Float32Array[]>

const pooled = ({ output: { data, shape }, mask }: Encoded, row: number, pooling: 'mean' | 'cls'): Float32Array => {
  const [, width, size] = shape as readonly [number, number, number]
  const at = (token: number, i: number): number => data[(row * width + token) * size + i]!
  if (pooling === 'cls') return Float32Array.from({ length: size }, (_, i) => at(0, i))
  const sums = new Float64Array(size)
  let tokens = 0
  for (let token = 0; token < width; token++) {
    if (mask[row * width + token] === 0) continue
    tokens++
    for (let i = 0; i < size; i++) sums[i]! += at(token, i)
  }
  return Float32Array.from(sums, (sum) => sum / Math.max(1, tokens))
}

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((x) => x / length)
}

/**
 * Vectors of texts from a frozen encoder: for the similarity and the diversity of completions. The model is loaded with
 * the first texts.
 *
 * @param model a directory in the layout of transformers.js (config.json, tokenizer.json, onnx/model.onnx), or a hub id
 * @example const vectors = await embedding('Xenova/all-MiniLM-L6-v2')(['a moon', 'a star'])()
 */
export const embedding = (model: string, options: EmbeddingOptions = {}): Embedding => {
  const { pooling = 'mean', normalise = true } = options
  const loaded = once(loadEncoder(model, 'last_hidden_state', options))
  return (texts) =>
    pipe(
      loaded,
      TE.chain((encoder) =>
        TE.tryCatch<Fault, readonly Float32Array[]>(
          async () => {
            const vectors: Float32Array[] = []
            for await (const encoded of encoder.encode(texts))
              for (let row = 0; row < encoded.output.shape[0]!; row++) {
                const vector = pooled(encoded, row, pooling)
                vectors.push(normalise ? unit(vector) : vector)
              }
            return vectors
          },
          (cause) =>
            fault('EncoderInvalid', `${model} could not be run: ${(cause as Error).message}`, 'Check the model', {
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
