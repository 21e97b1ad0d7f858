import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Fault, fault } from '@gfnlm/env'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as v from 'valibot'
import { parse } from 'yaml'
import type { Config, ObjectiveConfig, ReweightConfig } from './config.ts'
import type { DatasetConfig, TrainConfig } from './dataset-config.ts'
import { datasetSchema } from './dataset-schema.ts'
import { describeIssue } from './describe-issue.ts'
import { override } from './override.ts'
import { configSchema } from './schema.ts'

export type ConfigFault = Fault<'ConfigMissing' | 'ConfigUnreadable' | 'ConfigInvalid'>

const readText = (file: string): E.Either<Fault, string> =>
  E.tryCatch(
    () => readFileSync(file, 'utf8'),
    (cause) =>
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? fault(
            'ConfigMissing',
            `there is no config file ${file}`,
            'Check the path; examples/configs has files to start from',
            { file },
          )
        : fault(
            'ConfigUnreadable',
            `cannot read ${file}: ${(cause as Error).message}`,
            'Name a YAML or JSON file that can be read',
            { file },
          ),
  )

const parseText = (file: string, text: string): E.Either<Fault, unknown> =>
  E.tryCatch(
    () => (file.endsWith('.json') ? (JSON.parse(text) as unknown) : (parse(text) as unknown)),
    (cause) =>
      fault(
        'ConfigUnreadable',
        `${file} is not ${file.endsWith('.json') ? 'JSON' : 'YAML'}: ${(cause as Error).message.split('\n')[0]!.replace(/:$/, '')}`,
        'Correct it there',
        { file },
      ),
  )

type Contradiction = readonly [path: string, found: string, fix: string]

const reweightContradictions = (
  { by, min, max }: ReweightConfig,
  replay: Config['replay'],
  perPrompt: number,
): readonly Contradiction[] => [
  ...(min !== undefined && max !== undefined && min > max
    ? [
        [
          'reweight.min',
          `reweight.min is ${min}, more than reweight.max, ${max}`,
          'Lower the one or raise the other',
        ] as const,
      ]
    : []),
  ...by.flatMap(({ kind }, i): readonly Contradiction[] =>
    kind === 'staleness-decay' && replay === false
      ? [
          [
            `reweight.by[${i}]`,
            'reweight.by has staleness-decay, which weighs replayed completions by their age, and replay is off',
            'Set replay, or leave it out',
          ],
        ]
      : (kind === 'self-normalised-ratio' || kind === 'posterior-ratio') && perPrompt < 2
        ? [
            [
              `reweight.by[${i}]`,
              `reweight.by has ${kind}, which compares the completions of a prompt, and sampling.perPrompt is ${perPrompt}`,
              'Write 2 or more there',
            ],
          ]
        : [],
  ),
]

/** What an objective compares within a prompt, which takes two completions at least. */
const comparison = ({ kind }: ObjectiveConfig, minNewTokens: number): string | undefined => {
  switch (kind) {
    case 'vargrad':
      return 'log Z is estimated from the completions of each prompt'
    case 'modified-subtb':
    case 'modified-db':
      return minNewTokens > 0 ? 'log Z is estimated from the completions of each prompt' : undefined
    case 'rloo':
    case 'grpo':
    case 'dr-grpo':
      return `objective ${kind} compares the completions of each prompt`
    default:
      return undefined
  }
}

const isPolicyGradient = ({ kind }: ObjectiveConfig): boolean =>
  ['reinforce', 'rloo', 'grpo', 'dr-grpo', 'ppo'].includes(kind)

/** Minibatches that an epoch can be taken in: prompts, where their completions stay together, else completions. */
const mostMinibatches = ({ objective, promptsPerStep, sampling }: Config): readonly [most: number, of: string] =>
  objective.kind === 'ppo'
    ? [promptsPerStep * sampling.perPrompt, 'completions']
    : [promptsPerStep, 'prompts, whose completions stay together']

const minibatchContradictions = (config: Config): readonly Contradiction[] => {
  const { objective } = config
  if (!('minibatches' in objective)) return []
  const [most, of] = mostMinibatches(config)
  const { minibatches } = objective
  return minibatches <= most
    ? []
    : [
        [
          'objective.minibatches',
          `objective.minibatches is ${minibatches}, and a step has ${most} ${of}`,
          `Write ${most} or less, or raise promptsPerStep`,
        ],
      ]
}

/** Rules that no single field can say. */
const contradictions = (config: Config): readonly Contradiction[] => {
  const { mdp, objective, replay, reweight, sampling } = config
  const compared = comparison(objective, mdp.minNewTokens)
  return [
    ...reweightContradictions(reweight, replay, sampling.perPrompt),
    ...minibatchContradictions(config),
    ...(mdp.minNewTokens > mdp.maxNewTokens
      ? [
          [
            'mdp.minNewTokens',
            `mdp.minNewTokens is ${mdp.minNewTokens}, more than mdp.maxNewTokens, ${mdp.maxNewTokens}`,
            'Lower the one or raise the other',
          ] as const,
        ]
      : []),
    ...(objective.kind.startsWith('modified') && mdp.minNewTokens === mdp.maxNewTokens
      ? [
          [
            'objective',
            `objective ${objective.kind} compares states that may stop, and mdp lets completions stop at one length only`,
            'Take vargrad or tb, or lower mdp.minNewTokens',
          ] as const,
        ]
      : []),
    ...(compared !== undefined && sampling.perPrompt < 2
      ? [['sampling.perPrompt', `sampling.perPrompt is 1, but ${compared}`, 'Write 2 or more'] as const]
      : []),
    ...(isPolicyGradient(objective) && replay !== false
      ? [
          [
            'replay',
            `objective ${objective.kind} learns from the policy's own completions, and replay adds older ones`,
            'Set replay: false, or take an objective that learns from any: modified-subtb, vargrad, tb, subtb, db',
          ] as const,
        ]
      : []),
  ]
}

const invalid = (file: string, issues: readonly Contradiction[]): Fault => {
  const [first, ...rest] = issues
  const more = rest.map(([, found, fix]) => `\n  also: ${found} (${fix})`).join('')
  return fault('ConfigInvalid', `${file}: ${first![1]}${more}`, first![2], {
    file,
    issues: issues.map(([path, found, fix]) => ({ path, found, fix })),
  })
}

const checked = <A>(
  file: string,
  schema: v.GenericSchema<unknown, A>,
  rules: (config: A) => readonly Contradiction[],
  given: unknown,
): E.Either<Fault, A> => {
  const parsed = v.safeParse(schema, given ?? {})
  if (!parsed.success)
    return E.left(
      invalid(
        file,
        parsed.issues.map(describeIssue).map(({ path, found, fix }) => [path, found, fix] as const),
      ),
    )
  const found = rules(parsed.output)
  return found.length > 0 ? E.left(invalid(file, found)) : E.right(parsed.output)
}

/** Checks a parsed config and fills in defaults. */
export const parseConfig = (file: string, given: unknown): E.Either<Fault, Config> =>
  checked(file, configSchema, contradictions, given)

/** KTO compares the completions of a batch, all of it at once. */
const datasetContradictions = ({ task, rowsPerStep, optimizer }: DatasetConfig): readonly Contradiction[] =>
  task.kind !== 'kto'
    ? []
    : [
        ...(rowsPerStep < 2
          ? [['rowsPerStep', 'rowsPerStep is 1, but kto estimates KL from other rows', 'Write 2 or more'] as const]
          : []),
        ...(optimizer.accumulate > 1
          ? [
              [
                'optimizer.accumulate',
                `optimizer.accumulate is ${optimizer.accumulate}, but kto takes its rows all at once`,
                'Write 1, or lower rowsPerStep',
              ] as const,
            ]
          : []),
      ]

/** The same for a config of any kind: one with a `task` is of a dataset. */
export const parseTrainConfig = (file: string, given: unknown): E.Either<Fault, TrainConfig> =>
  typeof given === 'object' && given !== null && 'task' in given
    ? checked(file, datasetSchema, datasetContradictions, given)
    : parseConfig(file, given)

const from = (file: string, path: string): string => resolve(dirname(file), path)

/** A model that is no directory beside the file may be one here, or a hub id. */
const modelAt = (file: string, model: string): string =>
  existsSync(from(file, model)) ? from(file, model) : existsSync(model) ? resolve(model) : model

/** Paths of a file are relative to it. */
const located = <A extends TrainConfig>(file: string, config: A): A => ({
  ...config,
  model: modelAt(file, config.model),
  ...('prompts' in config ? { prompts: { ...config.prompts, file: from(file, config.prompts.file) } } : {}),
  ...('data' in config ? { data: { ...config.data, file: from(file, config.data.file) } } : {}),
  ...(config.output === undefined ? {} : { output: from(file, config.output) }),
})

const read = <A extends TrainConfig>(
  parsed: (file: string, given: unknown) => E.Either<Fault, A>,
  file: string,
  assignments: readonly string[],
): E.Either<Fault, A> =>
  pipe(
    readText(file),
    E.chain((text) => parseText(file, text)),
    E.chain((json) =>
      assignments.reduce<E.Either<Fault, unknown>>(
        (config, assignment) => E.chain((c: unknown) => override(c, assignment))(config),
        E.right(json),
      ),
    ),
    E.chain((json) => parsed(file, json)),
    E.map((config) => located(file, config)),
  )

/**
 * The config of a file (YAML, or JSON by its name), with fields replaced by assignments `a.b=c`, checked, defaults
 * filled in and paths made absolute.
 */
export const readConfig = (file: string, assignments: readonly string[] = []): E.Either<Fault, Config> =>
  read(parseConfig, file, assignments)

/** The same of a file of any kind: `gfnlm train` takes datasets, too. */
export const readTrainConfig = (file: string, assignments: readonly string[] = []): E.Either<Fault, TrainConfig> =>
  read(parseTrainConfig, file, assignments)
