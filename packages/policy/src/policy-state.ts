import type { HostTensors } from '@gfnlm/jit'
import type { Policy } from './policy.ts'

/** A policy and its newest parameters. Stages that need "the policy as it is now" take this; they never keep a copy. */
export interface PolicyState {
  readonly policy: Policy
  /** The newest trainable parameters; null for the frozen reference. */
  readonly trainable: () => HostTensors | null
}

/** The frozen model behind a policy: adapter off. */
export const reference = (policy: Policy): PolicyState => ({ policy, trainable: () => null })

/** A policy with fixed parameters, by default those it starts with. */
export const frozen = (policy: Policy, trainable: HostTensors = policy.trainable): PolicyState => ({ policy, trainable: () => trainable })
