/** Names that TRL's trainers log by themselves, outside of any folder. */
const TRL: ReadonlySet<string> = new Set([
  'kl',
  'entropy',
  'mean_token_accuracy',
  'accuracy',
  'margin',
  'min_reward',
  'mean_reward',
  'max_reward',
  'cispo_clip_ratio',
])

/**
 * What a metric of a loss is logged as: TRL's names as they are (`rewards/margins`, `clip_ratio/low_mean`, `kl`), those
 * that TRL has not under `objective/`.
 *
 * @example loggedName('logZ') // objective/logZ
 */
export const loggedName = (metric: string): string =>
  metric.includes('/') || TRL.has(metric) ? metric : `objective/${metric}`
