import { jitPerShape } from '@gfnlm/jit'
import type { Policy, Tensors } from '@gfnlm/policy'
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { CompileOptions, Decoder, Decoding } from './decoding.ts'
import { orReference, packPrompts, withTrainable } from './pack-prompts.ts'
import { waitingRows } from './waiting-rows.ts'

/** Runs whole rows again for every token: for policies without a cache. */
export const uncachedDecoder = (policy: Policy, options: CompileOptions): Decoder => {
  const run = jitPerShape(
    ({ trainable, tokens, pad }: { trainable?: Tensors; tokens: Tensor2D; pad: Tensor1D }, constants: Tensors) => ({
      logits: policy.logits(
        constants,
        orReference(trainable),
        { tokens, pad },
        { start: tokens.shape[1] - 1, count: 1 },
      ),
    }),
    options,
  )
  return async ({ prompts, group, trainable, slots = group.length }) => {
    const vocab = policy.vocabSize
    const logitsAfter = async (texts: readonly Int32Array[]): Promise<Float32Array> => {
      const { logits } = await run({ ...withTrainable(trainable), ...packPrompts(texts, policy.contextLength) })
      return logits.data as Float32Array
    }
    const waiting = waitingRows(group, slots, (numbers) => logitsAfter(numbers.map((prompt) => prompts[prompt]!)))
    const nothing = Int32Array.of(0)
    const at = (rows: Int32Array, texts: readonly Int32Array[], logits: Float32Array): Decoding => ({
      rows,
      logits,
      next: async (tokens) => {
        const longer = texts.map((text, slot) => (rows[slot]! < 0 ? nothing : Int32Array.of(...text, tokens[slot]!)))
        return at(rows, longer, await logitsAfter(longer))
      },
      refill: async (free) => {
        const [nextRows, nextTexts] = [rows.slice(), [...texts]]
        const started = await waiting.take(free.length)
        free.forEach((slot, i) => {
          const { row, batch, place } = started[i] ?? {}
          nextRows[slot] = row ?? -1
          nextTexts[slot] = row === undefined ? nothing : prompts[group[row]!]!
          if (batch !== undefined) logits.set(batch.subarray(place! * vocab, (place! + 1) * vocab), slot * vocab)
        })
        return at(nextRows, nextTexts, logits)
      },
      close: async () => {},
    })
    return at(new Int32Array(slots).fill(-1), Array<Int32Array>(slots).fill(nothing), new Float32Array(slots * vocab))
  }
}
