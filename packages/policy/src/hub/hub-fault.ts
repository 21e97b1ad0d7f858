import { isFault } from '@gfnlm/env'
import { type PolicyFault, type PolicyFaultTag, policyFault, reasonOf } from '../policy-fault.ts'
import { type Hub, isRefusal } from './hub-client.ts'

const chainOf = (caught: unknown): string =>
  caught instanceof Error && caught.cause !== undefined
    ? `${caught.message}: ${reasonOf(caught.cause)}`
    : reasonOf(caught)

/** What a failure on the way to a model means for whoever asked for it. */
export const hubFault = (hub: Hub, id: string, revision: string, caught: unknown): PolicyFault => {
  if (isFault(caught)) return caught as PolicyFault
  const made = (tag: PolicyFaultTag, what: string, fix: string): PolicyFault =>
    policyFault(tag, what, fix, {
      id,
      revision,
      hub: hub.url,
      ...(isRefusal(caught) ? { status: caught.status, code: caught.code } : {}),
    })
  if (isRefusal(caught) && !caught.elsewhere) {
    const { status, code } = caught
    if (code === 'GatedRepo' || status === 403)
      return made(
        'HubRefused',
        `${hub.url} does not let you read ${id}: ${caught.message}`,
        `Accept its terms at ${hub.url}/${id}, and set HF_TOKEN to a token that may read it`,
      )
    if (status === 401)
      return made(
        'HubRefused',
        `there is no directory ${id}, and ${hub.url} has no such model for ${
          hub.hasToken ? 'the token in use' : 'those without a token'
        }: ${caught.message}`,
        'Check the name; for a private or gated model set HF_TOKEN to a token that may read it',
      )
    if (code === 'RevisionNotFound')
      return made(
        'ModelNotFound',
        `${id} has no branch, tag or commit "${revision}" on ${hub.url}`,
        `Name one of those at ${hub.url}/${id}/tree/main`,
      )
    if (status === 404)
      return made(
        'ModelNotFound',
        `there is no directory ${id}, and ${hub.url} has no such model: ${caught.message}`,
        'Check the name; for a private model set HF_TOKEN',
      )
  }
  if (caught instanceof Error && 'syscall' in caught)
    return made(
      'SaveFailed',
      `${id} could not be put into the cache: ${caught.message}`,
      'Make room, or choose another place with HF_HUB_CACHE; what has arrived is kept',
    )
  return made(
    'HubFailed',
    `${id} could not be downloaded from ${hub.url}: ${chainOf(caught)}`,
    'Check the network and HF_ENDPOINT, then run it again: what has arrived is kept. Or name a local directory',
  )
}
