import { binaryCases } from './binary-cases.ts'
import { chainCases } from './chain-cases.ts'
import { edgeCases } from './edge-cases.ts'
import { fusedCases } from './fused-cases.ts'
import { gatherCases } from './gather-cases.ts'
import { integerCases } from './integer-cases.ts'
import { layoutCases } from './layout-cases.ts'
import { logicalCases } from './logical-cases.ts'
import { matmulCases } from './matmul-cases.ts'
import type { OpCase } from './op-case.ts'
import { reductionCases } from './reduction-cases.ts'
import { unaryCases } from './unary-cases.ts'

/** Every operation this package promises, in the shapes that have gone wrong somewhere. */
export const opCases: readonly OpCase[] = [
  ...unaryCases,
  ...binaryCases,
  ...logicalCases,
  ...reductionCases,
  ...layoutCases,
  ...matmulCases,
  ...gatherCases,
  ...integerCases,
  ...edgeCases,
  ...fusedCases,
  ...chainCases,
]
