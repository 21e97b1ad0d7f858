import { type Fault, fault } from '@gfnlm/env'

/** What is told of a policy that can learn nothing from what it is given. */
export const nothingToTrain = (policy: string): Fault<'NothingToTrain'> =>
  fault(
    'NothingToTrain',
    `the policy ${policy} has no trainable parameters`,
    "Load it with an adapter (lora({ r: 8 })) or with train: 'all'.",
  )
