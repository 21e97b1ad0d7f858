import { GFLOWNET } from './gflownet/registry.ts'
import type { Layout, Vector } from './layouts.ts'
import { PPO } from './ppo/registry.ts'
import { PREFERENCE } from './preference/registry.ts'
import type { Checker } from './run-parity.ts'

/** Cases by their key, and who checks them, or why nobody does. */
export type Row = readonly [RegExp, Checker | string]

const REGISTRIES: Readonly<Record<Layout, readonly Row[]>> = {
  gflownet: GFLOWNET,
  preference: PREFERENCE,
  ppo: PPO,
}

/** The checker of a case, or why there is none. */
export const checkerOf = ({ layout, kind }: Vector): Checker | string =>
  REGISTRIES[layout].find(([pattern]) => pattern.test(kind))?.[1] ?? 'no checker for a case of this name'
