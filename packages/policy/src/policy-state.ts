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
export const frozen = (policy: Policy, trainable: HostTensors = policy.trainable): PolicyState => ({
  policy,
  trainable: () => trainable,
})

/** A policy whose parameters are those named last: whoever asks for them next has the new ones. */
export interface Switchable<Name extends string> extends PolicyState {
  /** Switches to the parameters of a name, or to the frozen reference. Throws a RangeError for a name that is none. */
  readonly use: (name: Name | null) => void
}

/**
 * A policy that switches between named parameters, such as several adapters of one base.
 *
 * @example
 * const writer = switchable(policy, { chat, code }, 'chat')
 * writer.use('code')
 */
export const switchable = <Name extends string>(
  policy: Policy,
  parameters: Readonly<Record<Name, HostTensors>>,
  first: NoInfer<Name> | null,
): Switchable<Name> => {
  const named = (name: Name | null): HostTensors | null => {
    if (name === null) return null
    if (!Object.hasOwn(parameters, name))
      throw new RangeError(`${policy.name} has no parameters "${name}": it has ${Object.keys(parameters).join(', ')}`)
    return parameters[name]
  }
  let current = named(first)
  return {
    policy,
    trainable: () => current,
    use: (name) => {
      current = named(name)
    },
  }
}
