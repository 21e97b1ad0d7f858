import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { type Law, keepTheLaws } from '../testing/laws.ts'
import { type Row, mapNested } from '../testing/rows.ts'
import { aot, aotUnpaired } from './aot.ts'
import { apoDown, apoZero } from './apo.ts'
import { bcoPair } from './bco.ts'
import { likelihoodOfChosen } from './cpo.ts'
import { discoPop } from './disco-pop.ts'
import { dpo, dpoPerToken, referenceFreeDpo } from './dpo.ts'
import { exo } from './exo.ts'
import { alphaScore, fDpo, forwardKLScore, jensenShannonScore } from './f-dpo.ts'
import { hinge } from './hinge.ts'
import { ipo, ipoPerToken } from './ipo.ts'
import { multiLoss } from './multi-loss.ts'
import { nca } from './nca.ts'
import { conservativeDpo, robustDpo } from './noisy-dpo.ts'
import { LENGTHS, POLICY, REFERENCE, having, keep, logProb, droppable } from './pair.test.fixture.ts'
import { spin, spinPerToken } from './spin.ts'
import { sppoHard } from './sppo.ts'
import { xpo } from './xpo.ts'

const learned = [...POLICY]

/** A chosen completion that both models find likelier: its log-ratio is what it was. */
const shifted = (given: Row): Row => ({
  ...given,
  chosenLogProb: mapNested(given['chosenLogProb'], (x) => x + 2.5),
  referenceChosenLogProb: mapNested(given['referenceChosenLogProb'], (x) => x + 2.5),
})

/** A pair that the policy finds likelier, both of it alike. */
const bothShifted = (given: Row): Row => ({
  ...given,
  chosenLogProb: mapNested(given['chosenLogProb'], (x) => x + 2.5),
  rejectedLogProb: mapNested(given['rejectedLogProb'], (x) => x + 2.5),
})

const referenced = { ...having(...REFERENCE, 'keep'), learned, shifted }
const measured = { ...having(...REFERENCE, ...LENGTHS, 'keep'), learned, shifted }

// A batch is sorted as one: its parts are sorted apart, and a row without weight still is in the order.
const coupled: readonly Law[] = ['weights', 'accumulation']

const explored = fc.record({
  ownLogProb: logProb,
  referenceOwnLogProb: logProb,
  otherLogProb: logProb,
  referenceOtherLogProb: logProb,
  ownPreferred: fc.constantFrom(0, 1),
  keep,
})

keepTheLaws([
  { name: 'dpo', loss: dpo({ beta: 0.4 }), ...referenced },
  { name: 'dpo, without keep', loss: dpo(), row: having(...REFERENCE).row, learned, shifted: bothShifted },
  { name: 'dpoPerToken', loss: dpoPerToken(), ...measured },
  { name: 'referenceFreeDpo', loss: referenceFreeDpo(), ...referenced, shifted: bothShifted },
  { name: 'conservativeDpo', loss: conservativeDpo(), ...referenced },
  { name: 'robustDpo', loss: robustDpo(), ...referenced },
  { name: 'fDpo, forward', loss: fDpo({ divergence: forwardKLScore }), ...referenced },
  { name: 'fDpo, Jensen–Shannon', loss: fDpo({ divergence: jensenShannonScore }), ...referenced },
  { name: 'spin', loss: spin(), ...referenced },
  { name: 'spinPerToken', loss: spinPerToken(), ...measured },
  { name: 'fDpo, α', loss: fDpo({ divergence: alphaScore(0.5) }), ...referenced },
  { name: 'ipo', loss: ipo(), ...referenced },
  { name: 'ipoPerToken', loss: ipoPerToken(), ...measured },
  { name: 'hinge', loss: hinge({ beta: 0.4 }), ...referenced },
  { name: 'exo', loss: exo(), ...referenced },
  { name: 'nca', loss: nca(), ...referenced },
  { name: 'bcoPair', loss: bcoPair(), ...referenced },
  { name: 'sppoHard', loss: sppoHard({ beta: 0.5 }), ...referenced },
  { name: 'aot', loss: aot({ labelSmoothing: 0.1 }), ...referenced, breaks: coupled },
  { name: 'aotUnpaired', loss: aotUnpaired(), ...referenced, breaks: coupled },
  { name: 'apoZero', loss: apoZero(), ...referenced },
  { name: 'apoDown', loss: apoDown(), ...referenced },
  { name: 'discoPop', loss: discoPop(), ...referenced },
  {
    name: 'multiLoss',
    loss: multiLoss([
      [0.8, dpo()],
      [0.2, bcoPair()],
      [1, likelihoodOfChosen()],
    ]),
    ...having(...REFERENCE, 'chosenNll', 'keep'),
    learned: [...POLICY, 'chosenNll'],
  },
  {
    name: 'xpo',
    loss: xpo({ alpha: 0.1 }),
    ...droppable(explored),
    learned: ['ownLogProb', 'otherLogProb'],
  },
])
