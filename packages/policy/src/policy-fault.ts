import { type Fault, fault } from '@gfnlm/env'

/** What can be wrong with a model, an adapter or the place they are kept. */
export type PolicyFaultTag =
  /** No such directory, file, or model on the hub. */
  | 'ModelNotFound'
  /** A weight file or a tensor in it is absent. */
  | 'WeightsMissing'
  /** A weight file is truncated, or its header contradicts itself. */
  | 'WeightsCorrupt'
  /** A tensor has another shape than config.json asks for. */
  | 'WeightsShape'
  /** A tensor has an element type that is not read. */
  | 'WeightsDtype'
  /** `model_type` is not in the table of architectures. */
  | 'ArchitectureUnknown'
  /** A field of config.json is missing, wrong, or asks for something that is not computed here. */
  | 'ConfigInvalid'
  /** tokenizer.json cannot be read or does not belong to the model. */
  | 'TokenizerCorrupt'
  /** A tokenizer does what the format it is to be written in cannot say. */
  | 'TokenizerUnsupported'
  /** A chat template does not parse, or refuses a conversation. */
  | 'TemplateInvalid'
  /** A chat template does not tell what the assistant says from the rest. */
  | 'TemplateUnmarked'
  /** An adapter's options, config or tensors do not fit the model. */
  | 'AdapterInvalid'
  /** Weights cannot be kept in the bits that were asked for. */
  | 'QuantizationInvalid'
  /** The hub could not be reached, or what it sent is not what it lists. */
  | 'HubFailed'
  /** The hub asks for a token, or for one that may read the model. */
  | 'HubRefused'
  /** Writing failed; what was there before is untouched. */
  | 'SaveFailed'

export type PolicyFault = Fault<PolicyFaultTag>

/** `fault` with the tags of this package. */
export const policyFault: (
  tag: PolicyFaultTag,
  what: string,
  fix: string,
  detail?: Readonly<Record<string, unknown>>,
) => PolicyFault = fault

/** The message of whatever was caught. */
export const reasonOf = (caught: unknown): string => (caught instanceof Error ? caught.message : String(caught))
