import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { keepTheLaws } from '../testing/laws.ts'
import { type Row, blankOutside, firstOnes, logProbs, mapNested } from '../testing/rows.ts'
import { crossEntropy } from './cross-entropy.ts'

const STEPS = 4

const tokens = fc.integer({ min: 1, max: STEPS })
const row = fc.tuple(logProbs(STEPS), tokens).map(([logProb, l]): Row => ({ logProb, mask: firstOnes(l, STEPS) }))

keepTheLaws([
  {
    name: 'crossEntropy',
    loss: crossEntropy,
    row,
    learned: ['logProb'],
    blank: ({ logProb, mask }) => ({ logProb: blankOutside(logProb!, mask!), mask: mask! }),
    empty: ({ logProb, mask }) => ({ logProb: logProb!, mask: mapNested(mask!, () => 0) }),
  },
])
