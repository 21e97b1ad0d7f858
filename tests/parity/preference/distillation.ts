import { forwardKL, generalisedKnowledgeDistillation, jensenShannon, reverseKL } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { compareCase } from '../compare-case.ts'
import { tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { number, numbers } from '../json.ts'

/** The generalised Jensen–Shannon divergence of two tables of logits, with its gradient in the student's. */
export const distillation: Formula = ({ inputs, hyper, expected }) => {
  const loss = generalisedKnowledgeDistillation({ beta: number(hyper.beta), temperature: number(hyper.temperature) })
  const teacher = tensor(inputs.teacher_logits) as tf.Tensor3D
  const mask: tf.Tensor2D = tf.cast(tf.notEqual(tensor(inputs.labels), -100), 'float32')
  const parameters = { student_logits: tensor(inputs.student_logits) }
  const comparisons = compareCase(expected, parameters, ({ student_logits: student }) =>
    loss({ student: student as tf.Tensor3D, teacher, mask }),
  )
  return [{ part: '', comparisons }]
}

/** The ends β = 0 and 1 between two distributions, symmetry at ½, and 0 between equal ones. */
export const distillationEdges: Formula = ({ inputs, expected }) => {
  const [student, teacher] = [inputs.student_probs, inputs.teacher_probs].map((p) => tf.log(tf.tensor2d([numbers(p)])))
  const half = jensenShannon(0.5)
  const comparisons = [
    inFloat32('beta0', forwardKL(student, teacher).dataSync(), expected.beta0),
    inFloat32('beta1', reverseKL(student, teacher).dataSync(), expected.beta1),
    inFloat32('symmetry', half(student, teacher).dataSync(), [half(teacher, student).dataSync()[0]]),
    ...[forwardKL, reverseKL, half].map((of) => inFloat32('of equals', of(student, student).dataSync(), 0)),
  ]
  return [{ part: '', comparisons }]
}
