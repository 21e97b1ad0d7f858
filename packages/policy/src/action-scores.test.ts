import { type TokenMDP, exceptTokens, fold, keyOf, normal, tokenMDP } from '@gfnlm/env'
import { type Device, type HostTensors, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import { type PackedInput, type Readers, actionScores } from './action-scores.ts'
import { lora } from './adapter/lora.ts'
import { packRows } from './pack-rows.ts'
import type { Tensors } from './policy.ts'
import { randomPolicy } from './random-policy.ts'
import { tensorsOf } from './testing/eager.ts'
import { SMALL_GPT2, SMALL_LLAMA, rightOf } from './testing/small-models.ts'

const STOP = 10
/** In no prompt and no completion: it pads. */
const UNUSED = 0
const PROMPTS = [[3, 1, 4], [7], [5, 9, 2, 6, 5, 3, 5, 8, 9], [1, 1]]
/** Ragged and interleaved: six rows of the first prompt, one, two, and none of the last. */
const GROUP = [0, 2, 0, 1, 0, 2, 0, 0, 0]
const COMPLETIONS = [
  [1, 2, 3, 4],
  [5, 5],
  [1, 2, 6, 7],
  [9, 8, 7],
  [2, 2],
  [4, 4, 4, 4],
  [6, 9, 9],
  [8, 2],
  [1, 2, 3, 4],
]

const forced = tokenMDP({ terminator: STOP, maxLength: 4 })
const free: TokenMDP = { ...forced, leaf: 'free' }
const masked = tokenMDP({ terminator: STOP, maxLength: 4, minLength: 2, logitShift: exceptTokens(11, [UNUSED]) })
const manyEnds: TokenMDP = { ...masked, ends: [9, UNUSED], minLength: 1 }

const mdps: readonly (readonly [string, TokenMDP])[] = [
  ['a forced leaf', forced],
  ['a free leaf', free],
  ['a minimum length and illegal tokens', masked],
  ['several ids that end a completion', manyEnds],
  ['one action', tokenMDP({ terminator: STOP, maxLength: 1 })],
]

/** One of the arrays a compiled function gives, by name. */
type Found = Readonly<Record<string, Float32Array>>

const drawn = (tensors: HostTensors, deviation: number): HostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape }]) => {
      const key = fold(keyOf(5), name)
      return [
        name,
        hostTensor(
          Float32Array.from(data, (x, i) => x + deviation * normal(key, i)),
          shape,
        ),
      ]
    }),
  )

const packed = (mdp: TokenMDP, completions: readonly (readonly number[])[], group: readonly number[]) => {
  const width = mdp.maxLength + 1
  const actions = new Int32Array(group.length * width).fill(STOP)
  completions.forEach((z, row) => actions.set(z.slice(0, width), row * width))
  return packRows(
    { prompts: PROMPTS.map((p) => ({ tokens: Int32Array.from(p) })), group: Int32Array.from(group), width },
    actions,
  )
}

interface Given {
  readonly constants: HostTensors
  readonly device?: Device
  readonly completions?: readonly (readonly number[])[]
  readonly group?: readonly number[]
  /** Default: something of the logits, which are therefore kept. */
  readonly read?: Readers
}

type Scored = Parameters<typeof actionScores>[0]

/** Something of all logits of a state, −∞ among them. */
const evenness = (logits: tf.Tensor3D): tf.Tensor2D => tf.sum(tf.square(tf.softmax(logits)), -1)

/** Scores of every state that the MDP lets a row be in, and the gradient of a curved function of all of them. */
const scoring = (
  policy: Scored,
  names: readonly string[],
  mdp: TokenMDP,
  { constants, device = 'tfjs:cpu', completions = COMPLETIONS, group = GROUP, read = { ofLogits: evenness } }: Given,
) => {
  const shape = [3, group.length, mdp.maxLength + 1]
  const key = fold(keyOf(2), 'coefficients')
  const coefficients = Float32Array.from({ length: shape.reduce((n, d) => n * d) }, (_, i) => normal(key, i))
  const run = jit(
    ({ trainable, packed }: { trainable: Tensors; packed: PackedInput }, frozen) => {
      const finite = (x: tf.Tensor): tf.Tensor => tf.where(tf.greater(x, -1e30), x, tf.zerosLike(x))
      const both = (own: Tensors): tf.Tensor => {
        const { logPF, logPTerm, ofLogits } = actionScores<Readers>(policy, mdp, frozen, own, packed, read)
        return tf.stack([finite(logPF), finite(logPTerm), ofLogits ?? tf.zerosLike(logPF)])
      }
      const loss = (...leaves: tf.Tensor[]): tf.Scalar => {
        const own = Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))
        return tf.sum(tf.mul(tf.square(both(own)), tf.tensor(coefficients, shape)))
      }
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => trainable[name]!))
      return { scores: both(trainable), value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) }
    },
    { constants, device },
  )
  const input = packed(mdp, completions, group)
  return {
    at: async (trainable: HostTensors): Promise<Found> => {
      const found = Object.entries(await run({ trainable, packed: input }))
      return Object.fromEntries(found.map(([name, { data }]) => [name, data as Float32Array]))
    },
    close: () => run.dispose(),
  }
}

/** `scoring` at one place. */
const scored = async (policy: Scored, trainable: HostTensors, mdp: TokenMDP, given: Given): Promise<Found> => {
  const { at, close } = scoring(policy, Object.keys(trainable), mdp, given)
  const found = await at(trainable)
  await close()
  return found
}

/** The largest difference of two results, relative to the largest number of each array; NaN if one holds NaN. */
const apart = (a: Found, b: Found): number =>
  Math.max(
    ...Object.entries(a).map(([name, x]) => {
      const scale = Math.max(1, ...x.map(Math.abs))
      return x.reduce((most, value, i) => Math.max(most, Math.abs(value - b[name]![i]!) / scale), 0)
    }),
  )

const models = [
  ['llama', SMALL_LLAMA],
  ['gpt2', SMALL_GPT2],
] as const

describe.each(models)('a small %s', (_, config) => {
  const policy = rightOf(randomPolicy(config, { seed: 4, adapter: lora({ r: 2 }) }))
  const { branched: _branched, ...unbranched } = policy
  const constants = policy.constants
  const adapter = drawn(policy.trainable, 0.2)

  test.each(mdps)('rows that share a prompt have the scores and gradients of rows apart: %s', async (_, mdp) => {
    const wanted = await scored(unbranched, adapter, mdp, { constants })
    expect(apart(await scored(policy, adapter, mdp, { constants }), wanted)).toBeLessThan(1e-5)
    expect(apart(await scored(policy, adapter, mdp, { constants, device: 'cpu' }), wanted)).toBeLessThan(1e-5)
  })

  test.each(mdps)(
    'where nobody reads logits they are not kept, and scores and gradients are the same: %s',
    async (_, mdp) => {
      const { logProbs: _logProbs, ...keeping } = policy
      const wanted = await scored(keeping, adapter, mdp, { constants, read: {} })
      for (const device of ['tfjs:cpu', 'cpu'] as const)
        expect(apart(await scored(policy, adapter, mdp, { constants, device, read: {} }), wanted)).toBeLessThan(1e-5)
    },
  )

  test('so do all weights, embeddings and head included', async () => {
    const wanted = await scored(unbranched, constants, forced, { constants })
    expect(apart(await scored(policy, constants, forced, { constants }), wanted)).toBeLessThan(1e-5)
    expect(apart(await scored(policy, constants, forced, { constants, device: 'cpu' }), wanted)).toBeLessThan(1e-5)
  })

  test.each<[string, TokenMDP, Readers]>([
    ['one id that ends a completion', forced, {}],
    ['several', manyEnds, {}],
    ['one, logits read', forced, { ofLogits: evenness }],
    ['several, logits read', manyEnds, { ofLogits: evenness }],
  ])('the gradient is that of finite differences: %s', async (_, mdp, read) => {
    const { at, close } = scoring(policy, Object.keys(adapter), mdp, { constants, device: 'cpu', read })
    const { scores: _scores, value: _value, ...gradients } = await at(adapter)
    for (const [name, gradient] of Object.entries(gradients)) {
      // Along the gradient itself, where the slope is its norm.
      const norm = Math.hypot(...gradient)
      const along = async (step: number): Promise<number> => {
        const { data, shape } = adapter[name]!
        const moved = hostTensor(
          Float32Array.from(data, (x, i) => x + (step * gradient[i]!) / norm),
          shape,
        )
        return (await at({ ...adapter, [name]: moved }))['value']![0]!
      }
      const slope = ((await along(1e-2)) - (await along(-1e-2))) / 2e-2
      expect(Math.abs(slope / norm - 1), name).toBeLessThan(0.02)
    }
    await close()
  })

  test('ids that end a completion end it together: their probabilities add up, of what the MDP leaves them', async () => {
    const cells = GROUP.length * 5
    const of = async (mdp: TokenMDP, device: Device): Promise<[logPF: Float32Array, logPTerm: Float32Array]> => {
      const { scores } = await scored(policy, adapter, mdp, { constants, device })
      return [scores!.slice(0, cells), scores!.slice(cells, 2 * cells)]
    }
    const shift = { logitShift: exceptTokens(11, [9], -1.5) }
    for (const device of ['tfjs:cpu', 'cpu'] as const) {
      const one = await Promise.all(
        [STOP, 9, UNUSED].map((terminator) => of({ ...forced, ...shift, terminator }, device)),
      )
      const [logPF, logPTerm] = await of({ ...forced, ...shift, ends: [9, UNUSED] }, device)
      const isLeaf = (cell: number): boolean => cell % 5 === 4
      logPTerm.forEach((logProb, cell) => {
        const sum = Math.log(one.reduce((all, [, alone]) => all + Math.exp(alone[cell]!), 0))
        expect(logProb).toBeCloseTo(isLeaf(cell) ? 0 : sum, 5)
      })
      // The first row stays clear of the ends until it stops.
      expect([...logPF.subarray(0, 4)]).toEqual([...one[0]![0].subarray(0, 4)].map((x) => expect.closeTo(x, 5)))
    }
  })

  test('hidden states are those of each row alone, 0 at a forced leaf', async () => {
    const read = (hidden: tf.Tensor3D): tf.Tensor2D =>
      tf.sum(tf.mul(hidden, tf.cos(tf.range(0, policy.config.hidden))), -1)
    const run = jit(
      ({ packed }: { packed: PackedInput }, frozen) => ({
        found: actionScores(policy, forced, frozen, null, packed, { ofHidden: read }).ofHidden,
      }),
      { constants },
    )
    const { found } = await run({ packed: packed(forced, COMPLETIONS, GROUP) })
    await run.dispose()
    COMPLETIONS.forEach((z, row) => {
      const prompt = PROMPTS[GROUP[row]!]!
      const alone = tf.tidy(() => {
        const input = { tokens: tf.tensor2d([[...prompt, ...z]], undefined, 'int32'), pad: tf.tensor1d([0], 'int32') }
        const columns = { start: prompt.length - 1, count: z.length + 1 }
        return read(policy.hidden(tensorsOf(constants), null, input, columns)).dataSync()
      })
      const states = Math.min(z.length + 1, forced.maxLength)
      for (let t = 0; t < states; t++) expect(Math.abs(found.data[row * 5 + t]! - alone[t]!)).toBeLessThan(1e-5)
      expect(found.data[row * 5 + 4]).toBe(0)
    })
  })

  test('a policy without hidden states cannot have them read', () => {
    const { hidden: _hidden, ...opaque } = policy
    const read = (): tf.Tensor => {
      const input = tensorsOf({ ...packed(forced, COMPLETIONS, GROUP) }) as unknown as PackedInput
      const ofHidden = (hidden: tf.Tensor3D): tf.Tensor2D => tf.sum(hidden, -1)
      return actionScores(opaque, forced, tensorsOf(constants), null, input, { ofHidden }).logPF
    }
    expect(() => tf.tidy(read)).toThrow('gives no hidden states')
  })

  test('the order of rows is the order of scores', async () => {
    const order = [4, 8, 0, 3, 7, 1, 6, 2, 5]
    const straight = await scored(policy, adapter, forced, { constants })
    const turned = await scored(policy, adapter, forced, {
      constants,
      completions: order.map((row) => COMPLETIONS[row]!),
      group: order.map((row) => GROUP[row]!),
    })
    const row = (found: Found, half: number, r: number): Float32Array =>
      found['scores']!.slice((half * 9 + r) * 5, (half * 9 + r + 1) * 5)
    order.forEach((from, to) => {
      for (const half of [0, 1, 2])
        expect(apart({ row: row(turned, half, to) }, { row: row(straight, half, from) })).toBeLessThan(1e-6)
    })
  })

  test('NaN in the embedding of the padding token changes nothing', async () => {
    // Not tied: the head would have the NaN row as a logit of its own.
    const untied = rightOf(
      randomPolicy({ ...config, tie_word_embeddings: false }, { seed: 4, adapter: lora({ r: 2 }) }),
    )
    const name = `${untied.config.names.embedding}.weight`
    const { data, shape } = untied.constants[name]!
    const poison = hostTensor(Float32Array.from(data).fill(NaN, UNUSED * shape[1]!, (UNUSED + 1) * shape[1]!), shape)
    for (const device of ['tfjs:cpu', 'cpu'] as const) {
      const clean = await scored(untied, adapter, forced, { constants: untied.constants, device })
      expect(
        await scored(untied, adapter, forced, { constants: { ...untied.constants, [name]: poison }, device }),
      ).toEqual(clean)
    }
  })

  test('a prompt may fill the context to its last position', async () => {
    const narrow = rightOf(
      randomPolicy({ ...config, max_position_embeddings: 12, n_positions: 12 }, { seed: 4, adapter: lora({ r: 2 }) }),
    )
    const { branched: _, ...alone } = narrow
    const mdp = tokenMDP({ terminator: STOP, maxLength: 3, leaf: 'free' })
    const wanted = await scored(alone, adapter, mdp, { constants: narrow.constants })
    expect(apart(await scored(narrow, adapter, mdp, { constants: narrow.constants }), wanted)).toBeLessThan(1e-5)
  })
})

test('a prompt with several rows runs once: its columns are in one trunk, its rows are branches', async () => {
  const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 4 }))
  const seen: number[][] = []
  const watched = {
    ...policy,
    branched: (...given: Parameters<typeof policy.branched>) => {
      seen.push(given[2].trunk.tokens.shape, given[2].branches.shape, [given[3].count])
      return policy.branched(...given)
    },
  }
  await scored(watched, policy.constants, forced, {
    constants: policy.constants,
    group: [0, 0, 0, 0, 1, 1, 1, 1],
    completions: COMPLETIONS.slice(0, 8),
  })
  // 2 prompts of 8 columns; 4 rows each, of the 3 tokens after which something is read; the head at one column.
  expect(seen.slice(0, 3)).toEqual([[2, 8], [2, 4, 3], [1]])
})
