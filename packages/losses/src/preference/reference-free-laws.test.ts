import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import { keepTheLaws } from '../testing/laws.ts'
import { cpo, likelihoodOfChosen } from './cpo.ts'
import { orpo } from './orpo.ts'
import { LENGTHS, POLICY, having } from './pair.test.fixture.ts'
import { alphaPo, simPo } from './simpo.ts'
import { slic } from './slic.ts'
import { tpo, tpoPerToken } from './tpo.ts'

const learned = [...POLICY]
const policyOnly = { ...having(...POLICY, 'keep'), learned }
const measuredPolicy = { ...having(...POLICY, ...LENGTHS, 'keep'), learned }
const withNll = { ...having(...POLICY, 'chosenNll', 'keep'), learned: [...POLICY, 'chosenNll'] }

keepTheLaws([
  { name: 'slic', loss: slic({ margin: 8 }), ...policyOnly },
  { name: 'cpo', loss: cpo({ labelSmoothing: 0.1 }), ...withNll },
  { name: 'likelihoodOfChosen', loss: likelihoodOfChosen(), ...withNll, learned: ['chosenNll'] },
  { name: 'simPo', loss: simPo(), ...measuredPolicy },
  { name: 'alphaPo', loss: alphaPo(), ...measuredPolicy },
  {
    name: 'orpo',
    loss: orpo({ beta: 0.5 }),
    ...having(...POLICY, ...LENGTHS, 'chosenNll', 'keep'),
    learned: withNll.learned,
  },
  { name: 'tpo', loss: tpo(), ...having(...POLICY, 'goldNll', 'keep'), learned: [...POLICY, 'goldNll'] },
  {
    name: 'tpoPerToken',
    loss: tpoPerToken(),
    ...having(...POLICY, ...LENGTHS, 'goldNll', 'keep'),
    learned: [...POLICY, 'goldNll'],
  },
])
