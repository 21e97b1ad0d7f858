export type {
  BranchInput,
  BranchStates,
  Cache,
  CachedDecoding,
  Columns,
  HeadRules,
  LogProbOptions,
  Policy,
  Tensors,
  TokenInput,
  TokenReadings,
} from './policy.ts'
export type { Tokenizer } from './tokenizer.ts'
export { type LoadOptions, fromPretrained, loadPolicy } from './from-pretrained.ts'
export { type RandomPolicyOptions, randomPolicy } from './random-policy.ts'
export type { PretrainedPolicy } from './pretrained-policy.ts'
export type { Train } from './parameters-of.ts'
export { type SaveAdapterOptions, type SaveOptions, saveAdapter, savePretrained } from './save-pretrained.ts'
export { type Headed, hiddenStates } from './heads/hidden-states.ts'
export { tokenValues, valueHead } from './heads/value-head.ts'
export { type SequenceInput, scoreHead, sequenceScores, tokenScores } from './heads/score-head.ts'
export { type HeadKind, readHead, saveHead } from './heads/head-file.ts'
export { labelsOf } from './heads/classifier-fields.ts'
export { type Classifier, loadClassifier } from './heads/classifier.ts'
export type { LoraConfig, ModuleSelection } from './adapter/lora-config.ts'
export { type LoraOptions, dora, lora } from './adapter/lora.ts'
export type { Adapter } from './adapter/adapter.ts'
export { readPeft, writePeft } from './adapter/peft.ts'
export { adapterParameters, scaledAdapter } from './adapter/adapter-parameters.ts'
export { resolveAdapter } from './adapter/resolve-adapter.ts'
export { readAdapters } from './adapter/read-adapters.ts'
export { type Combination, type WeightedAdapter, combinedAdapter } from './adapter/combined-adapter.ts'
export { mergedPolicy } from './adapter/merged-policy.ts'
export { type QuantizeOptions, quantizedWeights } from './quantize/quantize-weights.ts'
export { loadTokenizer } from './load-tokenizer.ts'
export { type TextStream, textStream } from './text-stream.ts'
export type { ChatMessage, ChatOptions } from './chat-template/chat-message.ts'
export { type ChatTemplate, chatTemplateOf } from './chat-template/chat-template.ts'
export { loadChatTemplate } from './chat-template/load-chat-template.ts'
export { type EncodedChat, encodeChat } from './chat-template/encode-chat.ts'
export type { MarkedText, Span } from './chat-template/marked-text.ts'
export type { HubOptions, HubProgress } from './hub/hub-source.ts'
export { resolveModel } from './hub/resolve-model.ts'
export type { DecoderConfig } from './architectures/decoder-config.ts'
export { ARCHITECTURES, parseConfig } from './architectures/architectures.ts'
export { readSafetensors } from './safetensors/read-safetensors.ts'
export { type WriteOptions, writeSafetensors } from './safetensors/write-safetensors.ts'
export type { GgufDtype } from './gguf/container.ts'
export { type GgufOptions, type WrittenGguf, writeGguf } from './gguf/write-gguf.ts'
export { writeBeside, writeJson } from './write-beside.ts'
export type { PolicyFault, PolicyFaultTag } from './policy-fault.ts'
export { shifted } from './shifted.ts'
export { type Unembedding, stateLogProbs } from './state-log-probs.ts'
export { type ActionScores, type PackedInput, type Read, type Readers, actionScores } from './action-scores.ts'
export { type Grouped, type PackedRows, packRows } from './pack-rows.ts'
export { inVocabulary } from './in-vocabulary.ts'
export { bucketed, bucketedCount } from './bucketed.ts'
export { type PolicyState, type Switchable, frozen, reference, switchable } from './policy-state.ts'
export {
  type LabelledLogProbs,
  type NextTokenReadings,
  type ResponseLogProbOptions,
  labelledLogProbs,
  nextTokenLogProbs,
  responseLogProbs,
} from './response-log-probs.ts'
export { causalBias, positionsOf } from './decoder/visibility.ts'
