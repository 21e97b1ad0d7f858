import * as v from 'valibot'
import type {
  AdapterConfig,
  Config,
  EstimatorConfig,
  ExploreConfig,
  ObjectiveConfig,
  Ramp,
  ReweightConfig,
  RewardConfig,
} from './config.ts'
import {
  above0,
  atLeast0,
  below1,
  device,
  fields,
  flag,
  fraction,
  number,
  oneOf,
  shortFor,
  text,
  token,
  whole,
} from './fields.ts'

const WEIGHTINGS = [
  'pooled',
  'within',
  'geometric',
  'equal',
  'equalWithin',
  'detailedBalance',
  'modifiedDetailedBalance',
  'trajectoryBalance',
] as const

const modules = v.union([text(), v.array(text())], 'a list of module names, or one expression for whole paths')

export const adapter: v.GenericSchema<unknown, AdapterConfig> = shortFor(
  'kind',
  v.pipe(
    fields({
      kind: v.optional(oneOf(['lora', 'dora']), 'lora'),
      r: v.optional(whole(1), 8),
      alpha: v.optional(above0()),
      rslora: v.optional(flag(), false),
      targets: v.optional(modules),
      exclude: v.optional(modules),
      layers: v.optional(v.array(whole(0), 'a list of layers, from 0')),
      rankPattern: v.optional(v.record(v.string(), whole(1), 'ranks by module name')),
      alphaPattern: v.optional(v.record(v.string(), above0(), 'alphas by module name')),
    }),
    v.transform(({ alpha, ...rest }) => ({ ...rest, alpha: alpha ?? 2 * rest.r })),
  ) as v.GenericSchema<unknown, AdapterConfig>,
)

/** `quantize: 4` for `quantize: { bits: 4 }`. */
export const quantize: v.GenericSchema<unknown, NonNullable<Config['quantize']>> = v.pipe(
  v.unknown(),
  v.transform((given): unknown => (typeof given === 'number' ? { bits: given } : given)),
  fields({
    bits: v.picklist([4, 8], '4 or 8'),
    block: v.optional(v.picklist([16, 32, 64, 128, 256], 'one of 16, 32, 64, 128, 256'), 32),
  }),
)

const prompts = shortFor(
  'file',
  fields({
    file: text(),
    columns: v.optional(fields({ prompt: v.optional(text(), 'prompt'), id: v.optional(text(), 'id') }), {}),
  }),
)

const mdp = fields({
  stop: v.optional(token()),
  minNewTokens: v.optional(whole(0), 0),
  maxNewTokens: v.optional(whole(1), 20),
  allowed: v.optional(v.array(token(), 'a list of tokens')),
  forbidden: v.optional(v.array(token(), 'a list of tokens'), []),
})

const explore: v.GenericSchema<unknown, ExploreConfig> = fields({
  share: v.optional(above0(), 1),
  temperature: v.optional(v.union([atLeast0(), v.tuple([above0(), above0()])], 'a number from 0, or two: [lo, hi]'), 1),
  topK: v.optional(whole(1)),
  topP: v.optional(fraction()),
  minP: v.optional(fraction()),
  epsilon: v.optional(fraction()),
}) as v.GenericSchema<unknown, ExploreConfig>

const ramp: v.GenericSchema<unknown, Ramp> = fields({
  from: above0(),
  to: above0(),
  steps: v.optional(whole(1)),
  shape: v.optional(oneOf(['linear', 'cosine']), 'linear'),
}) as v.GenericSchema<unknown, Ramp>

const temperature = v.optional(
  v.lazy((given) => (typeof given === 'object' && given !== null ? ramp : above0())),
  1,
)

const reward: v.GenericSchema<unknown, RewardConfig> = shortFor(
  'kind',
  v.variant(
    'kind',
    [
      fields({ kind: v.literal('likelihood'), temperature }),
      fields({
        kind: v.literal('infilling'),
        temperature,
        columns: v.optional(
          fields({ beginning: v.optional(text(), 'beginning'), ending: v.optional(text(), 'ending') }),
          {},
        ),
      }),
    ],
    'one of likelihood, infilling',
  ),
)

const replay = fields({
  capacity: v.optional(whole(1), 50),
  tolerance: v.optional(atLeast0(), 0.25),
  perPrompt: v.optional(whole(1), 4),
  priority: v.optional(oneOf(['uniform', 'reward']), 'uniform'),
})

const ESTIMATORS =
  'one of importance-ratio, length-normalised-ratio, self-normalised-ratio, posterior-ratio, staleness-decay, prompt-balance'

const estimator: v.GenericSchema<unknown, EstimatorConfig> = shortFor(
  'kind',
  v.variant(
    'kind',
    [
      fields({ kind: v.literal('importance-ratio'), unknown: v.optional(atLeast0(), 1) }),
      fields({ kind: v.literal('length-normalised-ratio'), unknown: v.optional(atLeast0(), 1) }),
      fields({ kind: v.literal('self-normalised-ratio'), unknown: v.optional(atLeast0(), 1) }),
      fields({ kind: v.literal('posterior-ratio'), unknown: v.optional(atLeast0(), 0) }),
      fields({ kind: v.literal('staleness-decay'), halfLife: above0() }),
      fields({ kind: v.literal('prompt-balance') }),
    ],
    ESTIMATORS,
  ),
)

const oneOrMore = <A>(schema: v.GenericSchema<unknown, A>, says: string): v.GenericSchema<unknown, A[]> =>
  v.pipe(
    v.unknown(),
    v.transform((given): unknown => (Array.isArray(given) ? given : [given])),
    v.array(schema, says),
  )

/** TRL's limit of a sequence's ratio, where a config names none. */
const LARGEST_RATIO = 3

const reweight: v.GenericSchema<unknown, ReweightConfig> = shortFor(
  'by',
  v.pipe(
    fields({
      by: v.optional(oneOrMore(estimator, 'a list of ways to weigh'), []),
      min: v.optional(atLeast0()),
      max: v.optional(above0()),
      outside: v.optional(oneOf(['mask', 'truncate']), 'mask'),
      reduction: v.optional(oneOf(['mean', 'self-normalised']), 'mean'),
    }),
    v.transform((given) =>
      given.max === undefined &&
      given.by.some(({ kind }) => kind === 'importance-ratio' || kind === 'length-normalised-ratio')
        ? { ...given, max: LARGEST_RATIO }
        : given,
    ),
  ) as v.GenericSchema<unknown, ReweightConfig>,
)

const weighting = (own: (typeof WEIGHTINGS)[number]) => v.optional(oneOf(WEIGHTINGS), own)

const epochs = (own: number) => ({ epochs: v.optional(whole(1), own), minibatches: v.optional(whole(1), 1) })

const nearness = (klCoefficient: number) => ({
  klCoefficient: v.optional(atLeast0(), klCoefficient),
  entropyBonus: v.optional(atLeast0(), 0),
})

const clip = { epsilon: v.optional(fraction(), 0.2), epsilonHigh: v.optional(atLeast0()) }

export const rateScale = (own: number): v.GenericSchema<unknown, number> => v.optional(above0(), own)

const grpo = <const Kind extends string>(kind: Kind) =>
  fields({ kind: v.literal(kind), beta: v.optional(atLeast0(), 0), ...nearness(0), ...clip, ...epochs(1) })

const OBJECTIVES = 'one of modified-subtb, modified-db, vargrad, tb, subtb, db, reinforce, rloo, grpo, dr-grpo, ppo'

const objective: v.GenericSchema<unknown, ObjectiveConfig> = shortFor(
  'kind',
  v.variant(
    'kind',
    [
      fields({
        kind: v.literal('modified-subtb'),
        lambda: v.optional(atLeast0(), 1),
        weighting: weighting('pooled'),
      }),
      fields({ kind: v.literal('modified-db') }),
      fields({ kind: v.literal('vargrad') }),
      fields({ kind: v.literal('tb'), logZ: v.optional(number(), 0), rateScale: rateScale(10) }),
      fields({
        kind: v.literal('subtb'),
        lambda: v.optional(atLeast0(), 0.9),
        weighting: weighting('within'),
        rateScale: rateScale(1),
      }),
      fields({ kind: v.literal('db'), rateScale: rateScale(1) }),
      fields({ kind: v.literal('reinforce'), ...nearness(0) }),
      fields({ kind: v.literal('rloo'), ...nearness(0.05), ...clip, ...epochs(1) }),
      grpo('grpo'),
      grpo('dr-grpo'),
      fields({
        kind: v.literal('ppo'),
        ...nearness(0.05),
        ...clip,
        ...epochs(4),
        adaptive: v.optional(fields({ target: above0(), horizon: v.optional(above0(), 10_000) })),
        gamma: v.optional(fraction(), 1),
        lambda: v.optional(fraction(), 0.95),
        clipRange: v.optional(above0(), 0.2),
        valueCoefficient: v.optional(atLeast0(), 0.1),
        rateScale: rateScale(1),
      }),
    ],
    OBJECTIVES,
  ) as v.GenericSchema<unknown, ObjectiveConfig>,
)

export const optimizer: v.GenericSchema<unknown, Config['optimizer']> = shortFor(
  'kind',
  fields({
    kind: v.optional(oneOf(['adamw']), 'adamw'),
    learningRate: v.optional(above0(), 1e-3),
    schedule: v.optional(oneOf(['constant', 'linear', 'cosine']), 'constant'),
    endLearningRate: v.optional(atLeast0(), 0),
    warmup: v.optional(whole(0), 0),
    clipNorm: v.optional(above0()),
    accumulate: v.optional(whole(1), 1),
    weightDecay: v.optional(atLeast0(), 0),
    beta1: v.optional(below1(), 0.9),
    beta2: v.optional(below1(), 0.999),
  }) as v.GenericSchema<unknown, Config['optimizer']>,
)

/** Nothing written after it is none: how a command takes a file's away. */
export const revision: v.GenericSchema<unknown, string | undefined> = v.pipe(
  v.nullish(text()),
  v.transform((given) => given ?? undefined),
)

export const checkpoint: v.GenericSchema<unknown, Config['checkpoint']> = v.optional(
  fields({ every: v.optional(whole(1), 50), keep: v.optional(whole(1), 2) }),
  {},
)

/** What a config file may say; every default is here. */
export const configSchema: v.GenericSchema<unknown, Config> = fields({
  model: text(),
  revision,
  quantize: v.optional(quantize),
  adapter: v.optional(adapter, {}),
  prompts,
  mdp: v.optional(mdp, {}),
  sampling: v.optional(
    fields({
      perPrompt: v.optional(whole(1), 16),
      explore: v.optional(
        v.pipe(v.array(explore, 'a list of ways to explore'), v.minLength(1, 'a list of ways to explore')),
        [{}],
      ),
    }),
    {},
  ),
  reward: v.optional(reward, 'likelihood'),
  replay: v.optional(
    v.lazy((given) => (given === false ? v.literal(false) : replay)),
    false,
  ),
  reweight: v.optional(reweight, {}),
  objective: v.optional(objective, 'modified-subtb'),
  optimizer: v.optional(optimizer, {}),
  steps: v.optional(whole(1), 200),
  promptsPerStep: v.optional(whole(1), 4),
  seed: v.optional(whole(0), 0),
  device: v.optional(device(), 'cpu'),
  checkpoint,
  evaluation: v.optional(fields({ prompts: v.optional(whole(0), 8) }), {}),
  log: v.optional(fields({ samplesEvery: v.optional(whole(1), 50) }), {}),
  output: v.optional(text()),
}) as v.GenericSchema<unknown, Config>
