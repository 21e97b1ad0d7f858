import { exponentialRace, keepTopP } from '@gfnlm/sampler'
import { bema, softUpdate } from '@gfnlm/trainer'
import { inFloat32, inFloat64 } from '../comparison.ts'
import { matrix, number, numbers } from '../json.ts'
import type { Row } from '../registry.ts'
import type { Checker } from '../run-parity.ts'
import { cells } from '../told.ts'

/** The nucleus of each row of logits, and its distribution. */
const nucleus: Checker = ({ inputs, hyper, expected }) => {
  const rows = matrix(inputs.logits).map((logits) => {
    const weights = Float64Array.from(logits, Math.exp)
    keepTopP(weights, number(hyper.thres))
    const total = weights.reduce((a, b) => a + b, 0)
    return [...weights].map((w) => w / total)
  })
  const comparisons = [
    inFloat64(
      'kept',
      rows.flat().map((p) => Number(p > 0)),
      cells(expected.kept),
    ),
    inFloat64('softmax_after', rows.flat(), expected.softmax_after),
  ]
  return [{ part: '', comparisons }]
}

/** The token that given uniform numbers draw: the largest of the logits with Gumbel noise. */
const gumbelMax: Checker = ({ inputs, hyper, expected }) => {
  const [logits, uniform, temperature] = [
    numbers(inputs.logits),
    numbers(inputs.uniform_noise),
    number(hyper.temperature),
  ]
  const token = exponentialRace(logits, uniform, temperature)
  const gumbel = uniform.map((u) => -Math.log(-Math.log(u)))
  const perturbed = logits.map((logit, v) => logit / temperature + gumbel[v])
  const comparisons = [
    inFloat64('token', [token], number(expected.token)),
    inFloat64('gumbel', gumbel, expected.gumbel),
    inFloat64('perturbed', perturbed, expected.perturbed),
    inFloat64('largest', [Math.max(...perturbed)], perturbed[token]),
  ]
  return [{ part: '', comparisons }]
}

const vector = (json: Parameters<typeof numbers>[0]): Float32Array => Float32Array.from(numbers(json))

/** A reference that follows the policy. */
const referenceSync: Checker = ({ inputs, hyper, expected }) => {
  const found = softUpdate(vector(inputs.ref), vector(inputs.policy), number(hyper.ref_model_mixup_alpha))
  return [{ part: '', comparisons: [inFloat32('new_ref', found, expected.new_ref)] }]
}

/** The average of a run's parameters; its two weights are seen in it. */
const averaging: Checker = ({ inputs, hyper, expected }) => {
  const [lag, multiplier] = [number(hyper.lag), number(hyper.multiplier)]
  const average = bema({ lag, multiplier, emaPower: number(hyper.ema_power), biasPower: number(hyper.bias_power) })
  const step = number(inputs.step)
  const found = average(step, vector(inputs.theta0), vector(inputs.theta_t), vector(inputs.ema_prev))
  // From 0 towards 1, the average is β; with the parameters at 1, the correction adds α.
  const unit = average(step, Float32Array.of(0), Float32Array.of(1), Float32Array.of(0))
  const comparisons = [
    inFloat32('ema', found.average, expected.ema),
    inFloat32('bema', found.corrected, expected.bema),
    inFloat32('beta_t', unit.average, number(expected.beta_t)),
    inFloat32('alpha_t', [unit.corrected[0] - unit.average[0]], number(expected.alpha_t)),
  ]
  return [{ part: '', comparisons }]
}

/** Drawing tokens, and models that follow the policy. */
export const SAMPLING: readonly Row[] = [
  [/^nucleus filter/, nucleus],
  [/^Gumbel-max/, gumbelMax],
  [/^TR-DPO/, referenceSync],
  [/^BEMA/, averaging],
]
