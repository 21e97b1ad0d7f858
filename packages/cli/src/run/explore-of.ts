import { type Explore, exploring, mixture, tempered } from '@gfnlm/sampler'
import type { ExploreConfig } from '../config/config.ts'

const way = ({ share: _, temperature, ...rest }: ExploreConfig): Explore =>
  typeof temperature === 'number' ? exploring({ ...rest, temperature }) : tempered(...temperature, rest)

/** How rows explore: in the one way there is, or in one of several drawn by their shares. */
export const exploreOf = (ways: readonly ExploreConfig[]): Explore =>
  ways.length === 1 ? way(ways[0]!) : mixture(ways.map((w) => ({ share: w.share, explore: way(w) })))
