import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { sequenceSum } from '../sharing.ts'
import { keepTheLaws } from '../testing/laws.ts'
import { type Row, between, blankOutside, firstOnes, flat, logProbs, mapNested } from '../testing/rows.ts'
import { aStarPo } from './a-star-po.ts'
import { apoZeroUnpaired } from './apo.ts'
import { bco } from './bco.ts'
import { kto } from './kto.ts'
import { type ContestedTokens, nashMd } from './nash-md.ts'
import { ncaUnpaired } from './nca.ts'
import { droppable, keep, logProb } from './pair.test.fixture.ts'
import { sppo } from './sppo.ts'

const completion = { logProb, referenceLogProb: logProb, keep }
const desirable = fc.constantFrom(0, 1)

const rowsOf = (row: fc.Arbitrary<Row>) => ({ ...droppable(row), learned: ['logProb'] })

const labelled = rowsOf(fc.record({ ...completion, desirable }))

const STEPS = 3
const contested = fc
  .record({
    logProb: logProbs(STEPS),
    referenceLogProb: logProbs(STEPS),
    winRate: between(0, 1),
    keep,
    tokens: fc.integer({ min: 0, max: STEPS }),
  })
  .map(({ tokens, ...rest }): Row => ({ ...rest, mask: firstOnes(tokens, STEPS) }))

keepTheLaws([
  { name: 'kto', loss: kto({ beta: 0.4, undesirableWeight: 1.33 }), ...labelled, shared: { kl: 0.3 } },
  { name: 'kto, KL below 0', loss: kto(), ...labelled, shared: { kl: -0.7 } },
  { name: 'bco', loss: bco(), ...labelled, shared: { rewardShift: -0.2 } },
  { name: 'apoZeroUnpaired', loss: apoZeroUnpaired({ desirableWeight: 2 }), ...labelled },
  { name: 'ncaUnpaired', loss: ncaUnpaired(), ...labelled },
  { name: 'sppo', loss: sppo(), ...rowsOf(fc.record({ ...completion, winRate: between(0, 1) })) },
  {
    name: 'aStarPo',
    loss: aStarPo({ beta: 0.3 }),
    ...rowsOf(fc.record({ ...completion, reward: between(-1, 1), value: between(-1, 1) })),
  },
  {
    name: 'nashMd',
    loss: nashMd(),
    row: contested,
    learned: ['logProb'],
    blank: (given) => {
      const mask = given['keep'] === 1 ? given['mask']! : firstOnes(0, STEPS)
      return {
        ...given,
        logProb: blankOutside(given['logProb']!, mask),
        referenceLogProb: blankOutside(given['referenceLogProb']!, mask),
        winRate: flat(mask).includes(1) ? given['winRate']! : NaN,
      }
    },
    empty: (given) => ({ ...given, mask: mapNested(given['mask']!, () => 0) }),
    frozen: {
      part: 'log π − log π_ref of each token',
      loss: (at: ContestedTokens) => (inputs: ContestedTokens) => {
        const ratio = tf.sub(at.logProb, at.referenceLogProb)
        const push = tf.sub(tf.mul(0.1, ratio), tf.sub(tf.expandDims(at.winRate, 1), 0.5))
        const live = tf.mul<tf.Tensor2D>(at.mask, tf.expandDims(at.keep!, 1))
        return { terms: tf.mul(push, inputs.logProb), ...sequenceSum(live), metrics: {} }
      },
    },
  },
])
