import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { crossEntropy } from '../supervised/cross-entropy.ts'
import { type LossCase, keepTheLaws } from '../testing/laws.ts'
import { type Nested, type Row, blankOutside, firstOnes, logProbs, many, mapNested } from '../testing/rows.ts'
import { generalisedKnowledgeDistillation } from './generalised-knowledge-distillation.ts'
import { type OnPolicyDistillationInputs, sampledReverseKL } from './sampled-reverse-kl.ts'

const STEPS = 3
const VOCAB = 4

const logits = many(STEPS * VOCAB, -2, 2).map((z): Nested =>
  Array.from({ length: STEPS }, (_, t) => z.slice(t * VOCAB, (t + 1) * VOCAB)),
)

const distilled = (beta: number, temperature: number): LossCase => ({
  name: `generalisedKnowledgeDistillation, β ${beta}, temperature ${temperature}`,
  loss: generalisedKnowledgeDistillation({ beta, temperature }),
  row: fc.tuple(logits, logits, fc.integer({ min: 1, max: STEPS })).map(([student, teacher, l]): Row => ({
    student,
    teacher,
    mask: firstOnes(l, STEPS),
  })),
  learned: ['student'],
  blank: ({ student, teacher, mask }) => {
    const blanked = (x: Nested): Nested =>
      mapNested(x, (value, at) => ((mask as readonly number[])[Math.floor(at / VOCAB)] === 0 ? NaN : value))
    return { student: blanked(student!), teacher: blanked(teacher!), mask: mask! }
  },
  empty: (row) => ({ ...row, mask: firstOnes(0, STEPS) }),
  // A logit of −∞ leaves a token out of the vocabulary, and rules nothing out.
  breaks: ['ruledOut'],
})

const onPolicy: LossCase = {
  name: 'sampledReverseKL',
  loss: sampledReverseKL(),
  row: fc
    .tuple(logProbs(STEPS), logProbs(STEPS), fc.integer({ min: 1, max: STEPS }))
    .map(([logProb, teacherLogProb, l]): Row => ({ logProb, teacherLogProb, mask: firstOnes(l, STEPS) })),
  learned: ['logProb'],
  blank: ({ logProb, teacherLogProb, mask }) => ({
    logProb: blankOutside(logProb!, mask!),
    teacherLogProb: blankOutside(teacherLogProb!, mask!),
    mask: mask!,
  }),
  empty: (row) => ({ ...row, mask: firstOnes(0, STEPS) }),
  frozen: {
    part: 'log π − log π_T of each token',
    loss: (at: OnPolicyDistillationInputs) => (inputs: OnPolicyDistillationInputs) => {
      const { terms, ...rest } = crossEntropy()(inputs)
      return { ...rest, terms: tf.mul(tf.sub(at.teacherLogProb, at.logProb), terms) }
    },
  },
}

keepTheLaws([distilled(0, 1), distilled(0.1, 0.9), distilled(0.5, 2), distilled(1, 1), onPolicy])
