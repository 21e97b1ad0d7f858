import { type Fault, type Prompt, type Trajectories, fault } from '@gfnlm/env'
import { type Device, type HostTensor, hostTensor, jitPerShape, tokenLogProbs } from '@gfnlm/jit'
import { type LayoutInput, type PolicyState, type Tensors, bucketed } from '@gfnlm/policy'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as tf from '@tensorflow/tfjs-core'
import type { Reward } from './reward.ts'

/** What stands around the completion in the text whose likelihood is its reward. */
export interface Surroundings {
  /** X: what comes before, at least one token. */
  readonly before: Int32Array
  /** Y: what comes after the terminator. */
  readonly after: Int32Array
}

export interface InfillingOptions {
  readonly surroundings: (prompt: Prompt) => Surroundings
  readonly device?: Device
}

/** Rows laid out so that every prefix is followed by the ending in the same pass. */
export interface InfillingLayout {
  readonly tokens: HostTensor
  readonly positions: HostTensor
  readonly visible: HostTensor
  /** [rows, count, 2] tokens whose log-probability is wanted after each read column. */
  readonly targets: HostTensor
  /** First column read. */
  readonly start: number
  /** Columns of the ending of one prefix: the terminator and the longest Y. */
  readonly blockWidth: number
}

/**
 * Lays out [X, z_1 … z_n, then for each t: ⊤, Y]: the block of prefix t sees X, z_1 … z_t and itself, at the
 * positions it would have if it followed them. So one pass scores X z_1 … z_t ⊤ Y for every t.
 */
export const infillingLayout = (batch: Trajectories, around: readonly Surroundings[]): InfillingLayout => {
  const { rows, width, mdp } = batch
  const n = mdp.maxLength
  const before = bucketed(Math.max(...around.map((a) => a.before.length)))
  const blockWidth = 1 + Math.max(...around.map((a) => a.after.length))
  const total = before + n + width * blockWidth
  const count = total - before + 1
  const tokens = new Int32Array(rows * total)
  const positions = new Int32Array(rows * total)
  const visible = new Uint8Array(rows * total * total)
  const targets = new Int32Array(rows * count * 2)
  for (let row = 0; row < rows; row++) {
    const { before: x, after: y } = around[batch.group[row]!]!
    const z = batch.tokens.subarray(row * width, row * width + n)
    const pad = before - x.length
    const see = (query: number, from: number, to: number): void => {
      visible.fill(1, (row * total + query) * total + from, (row * total + query) * total + to)
    }
    const put = (column: number, token: number, position: number): void => {
      tokens[row * total + column] = token
      positions[row * total + column] = position
    }
    const want = (column: number, ids: readonly number[]): void => targets.set(ids, (row * count + column - (before - 1)) * 2)
    // Padding repeats a real token and sees only itself, so that nothing undefined can enter.
    for (let c = 0; c < pad; c++) {
      put(c, x[0]!, 0)
      see(c, c, c + 1)
    }
    for (let c = pad; c < before + n; c++) {
      put(c, c < before ? x[c - pad]! : z[c - before]!, c - pad)
      see(c, pad, c + 1)
      if (c >= before - 1 && c < before + n) want(c, [c + 1 < before + n ? z[c + 1 - before]! : 0, mdp.terminator])
    }
    for (let t = 0; t < width; t++) {
      const block = before + n + t * blockWidth
      for (let k = 0; k < blockWidth; k++) {
        put(block + k, k === 0 ? mdp.terminator : (y[k - 1] ?? mdp.terminator), Math.min(x.length + t + k, total - 1))
        see(block + k, pad, before + t)
        see(block + k, block, block + k + 1)
        want(block + k, [y[k] ?? 0, 0])
      }
    }
  }
  return {
    tokens: hostTensor(tokens, [rows, total]),
    positions: hostTensor(positions, [rows, total]),
    visible: hostTensor(visible, [rows, total, total]),
    targets: hostTensor(targets, [rows, count, 2]),
    start: before - 1,
    blockWidth,
  }
}

/** log p(z_1 … z_t ⊤ Y | X) of every prefix from the log-probabilities [rows, count, 2] of a layout's targets. */
const sumUp = (batch: Trajectories, around: readonly Surroundings[], logProbs: Float32Array, count: number, blockWidth: number): Float32Array => {
  const { width, mdp } = batch
  const out = new Float32Array(batch.rows * width).fill(NaN)
  for (let row = 0; row < batch.rows; row++) {
    const y = around[batch.group[row]!]!.after.length
    const at = (column: number, which: 0 | 1): number => logProbs[(row * count + column) * 2 + which]!
    let completion = 0
    for (let t = 0; t <= batch.length[row]!; t++) {
      const block = 1 + mdp.maxLength + t * blockWidth
      let ending = 0
      for (let k = 0; k < y; k++) ending += at(block + k, 0)
      out[row * width + t] = completion + at(t, 1) + ending
      completion += at(t, 0)
    }
  }
  return out
}

/**
 * The likelihood of text with the completion in the middle, for every prefix in one pass:
 *
 *   log R(s_t ⊤) = log p(z_1 … z_t ⊤ Y | X)
 *
 * The target p(Z | X, Y) ∝ p(Z Y | X) is the posterior of infilling, intractable for a left-to-right model.
 *
 * @throws (as a Left) LayoutUnsupported for a policy without `logitsUnder`; PromptTooLong where X Z Y does not fit
 * @see Hu et al. 2024, arXiv:2310.04363, §4.2
 */
export const infillingLikelihood = ({ policy, trainable }: PolicyState, { surroundings, device = 'cpu' }: InfillingOptions): Reward => {
  const { logitsUnder, vocabSize } = policy
  const run = jitPerShape(
    ({ trainable: own, targets, ...input }: { trainable?: Tensors; targets: tf.Tensor } & LayoutInput, constants) => {
      const [rows, count] = targets.shape as [number, number]
      const total = input.tokens.shape[1]!
      const logits = logitsUnder!(constants, own ?? null, input, { start: total - count, count })
      return { logProbs: tokenLogProbs(tf.reshape(logits, [rows * count, vocabSize]) as tf.Tensor2D, tf.reshape(targets, [rows * count, 2]) as tf.Tensor2D) }
    },
    { device, constants: policy.constants, limit: 64 },
  )
  const score = async (batch: Trajectories): Promise<Float32Array> => {
    if (logitsUnder === undefined) throw fault('LayoutUnsupported', `the policy ${policy.name} cannot score laid-out rows`, 'Give it a logitsUnder, or use a reward of whole completions.')
    const around = batch.prompts.map(surroundings)
    around.forEach(({ before, after }, i) => {
      const needed = before.length + batch.width + after.length
      if (before.length === 0 || needed > policy.contextLength)
        throw fault('PromptTooLong', `prompt ${batch.prompts[i]!.id}: beginning, completion and ending take ${needed} positions (a beginning needs at least one), the model has ${policy.contextLength}`, 'Shorten the surroundings or the maximal completion.')
    })
    const { start: _, blockWidth, ...layout } = infillingLayout(batch, around)
    const own = trainable()
    const { logProbs } = await run({ ...(own === null ? {} : { trainable: own }), ...layout })
    return sumUp(batch, around, logProbs.data as Float32Array, layout.targets.shape[1]!, blockWidth)
  }
  return (batch) =>
    TE.tryCatch(
      async () => ({ logReward: await score(batch) }),
      (cause): Fault => (cause instanceof Error && '_tag' in cause ? (cause as Fault) : fault('RewardFailed', `the infilling reward could not be computed: ${String(cause)}`, 'Check the surroundings of the prompts.', { cause })),
    )
}
