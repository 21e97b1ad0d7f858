import {
  type ClippedOptions,
  type GammaWeight,
  type PolicyGradientLoss,
  bnpo,
  cispo,
  dapo,
  drGRPO,
  grpo,
  gspo,
  importanceCorrected,
  k3,
  luspo,
  sapo,
  vespo,
} from '@gfnlm/losses'

/** What the two vector files say of a loss of TRL's GRPO trainer; undefined is its default. */
export interface LossType {
  readonly type: string
  readonly level: 'token' | 'sequence'
  readonly beta?: number | undefined
  readonly epsilon?: number | undefined
  readonly epsilonHigh?: number | undefined
  readonly delta?: number | undefined
  readonly maxLength?: number | undefined
  readonly correctedDivergence?: boolean
  readonly temperatures?: { readonly positive: number; readonly negative: number } | undefined
  readonly gammas?: { readonly positive: GammaWeight; readonly negative: GammaWeight } | undefined
}

const known = <A extends object>(options: A): { readonly [K in keyof A]: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, x]) => x !== undefined)) as never

/** The library's loss of a TRL `loss_type` and `importance_sampling_level`. */
export const lossOfType = (given: LossType): PolicyGradientLoss => {
  const {
    type,
    level,
    beta,
    epsilonHigh,
    maxLength,
    correctedDivergence = false,
    temperatures = {},
    gammas = {},
  } = given
  const epsilon = given.epsilon ?? 0.2
  const shared = { ...known({ beta }), divergence: correctedDivergence ? importanceCorrected(k3) : k3 }
  // TRL's ε_high is ε where it is not given, for every type.
  const clip: ClippedOptions = {
    ...shared,
    ...known({ epsilon, epsilonHigh: epsilonHigh ?? epsilon, delta: given.delta }),
  }
  const tokens: Readonly<Record<string, () => PolicyGradientLoss>> = {
    grpo: () => grpo(clip),
    bnpo: () => bnpo(clip),
    dapo: () => dapo(clip),
    dr_grpo: () => drGRPO({ ...clip, maxLength: maxLength ?? NaN }),
    cispo: () => cispo({ ...shared, ...known({ cap: epsilonHigh }) }),
    sapo: () => sapo({ ...shared, ...temperatures }),
    vespo: () => vespo({ ...shared, ...gammas }),
  }
  const sequences: Readonly<Record<string, () => PolicyGradientLoss>> = {
    grpo: () => gspo(clip),
    luspo: () => luspo(clip),
  }
  const make = (level === 'sequence' ? sequences : tokens)[type]
  if (make === undefined) throw new Error(`loss type ${type} by ${level}: not a loss of the library`)
  return make()
}
