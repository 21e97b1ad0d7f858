import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { sequenceMean } from '../sharing.ts'
import { type LossCase, keepTheLaws } from '../testing/laws.ts'
import { type Row, blankOutside, firstOnes, logProbs, mapNested } from '../testing/rows.ts'
import { crossEntropy } from './cross-entropy.ts'
import { dynamicFineTuning } from './dynamic-fine-tuning.ts'
import type { TokenLogProbs } from './learned-tokens.ts'

const STEPS = 4

const tokens = fc.integer({ min: 1, max: STEPS })

/** Losses of the log-probabilities of given tokens. */
const ofTokens: Omit<LossCase, 'name' | 'loss'> = {
  row: fc.tuple(logProbs(STEPS), tokens).map(([logProb, l]): Row => ({ logProb, mask: firstOnes(l, STEPS) })),
  learned: ['logProb'],
  blank: ({ logProb, mask }) => ({ logProb: blankOutside(logProb!, mask!), mask: mask! }),
  empty: ({ logProb, mask }) => ({ logProb: logProb!, mask: mapNested(mask!, () => 0) }),
}

keepTheLaws([
  { ...ofTokens, name: 'crossEntropy', loss: crossEntropy() },
  { ...ofTokens, name: 'crossEntropy, sequenceMean', loss: crossEntropy({ sharing: sequenceMean }) },
  {
    ...ofTokens,
    name: 'dynamicFineTuning',
    loss: dynamicFineTuning(),
    frozen: {
      part: 'p of each token',
      loss: (at: TokenLogProbs) => (inputs: TokenLogProbs) => {
        const { terms, ...rest } = crossEntropy()(inputs)
        return { ...rest, terms: tf.mul(tf.exp(at.logProb), terms) }
      },
    },
  },
])
