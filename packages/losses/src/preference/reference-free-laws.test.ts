import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import { keepTheLaws } from '../testing/laws.ts'
import type { Row } from '../testing/rows.ts'
import { cpo, likelihoodOfChosen } from './cpo.ts'
import { orpo } from './orpo.ts'
import { LENGTHS, POLICY, having } from './pair.test.fixture.ts'
import { alphaPo, simPo } from './simpo.ts'
import { slic } from './slic.ts'
import { tpo, tpoPerToken } from './tpo.ts'

const learned = [...POLICY]

/** Both completions likelier alike, by as much a token where a loss divides by their lengths. */
const likelier = (given: Row): Row => ({
  ...given,
  ...Object.fromEntries(POLICY.map((name) => [name, (given[name] as number) + 3.1])),
})
const likelierByToken = (given: Row): Row => ({
  ...given,
  ...Object.fromEntries(
    POLICY.map((name, i) => [name, (given[name] as number) + 3.1 * (given[LENGTHS[i]!] as number)]),
  ),
})
const policyOnly = { ...having(...POLICY, 'keep'), learned }
const measuredPolicy = { ...having(...POLICY, ...LENGTHS, 'keep'), learned }
const withNll = { ...having(...POLICY, 'chosenNll', 'keep'), learned: [...POLICY, 'chosenNll'] }

keepTheLaws([
  { name: 'slic', loss: slic({ margin: 8 }), ...policyOnly },
  { name: 'cpo', loss: cpo({ labelSmoothing: 0.1 }), ...withNll, shifted: likelier },
  { name: 'likelihoodOfChosen', loss: likelihoodOfChosen(), ...withNll, learned: ['chosenNll'] },
  { name: 'simPo', loss: simPo(), ...measuredPolicy, shifted: likelierByToken },
  { name: 'alphaPo', loss: alphaPo(), ...measuredPolicy },
  {
    name: 'orpo',
    loss: orpo({ beta: 0.5 }),
    ...having(...POLICY, ...LENGTHS, 'chosenNll', 'keep'),
    learned: withNll.learned,
  },
  {
    name: 'tpo',
    loss: tpo(),
    ...having(...POLICY, 'goldNll', 'keep'),
    learned: [...POLICY, 'goldNll'],
    shifted: likelier,
  },
  {
    name: 'tpoPerToken',
    loss: tpoPerToken(),
    ...having(...POLICY, ...LENGTHS, 'goldNll', 'keep'),
    learned: [...POLICY, 'goldNll'],
  },
])
