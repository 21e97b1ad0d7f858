export { type Decoder, type Decoding, type DecodingRequest, decoderOf } from './decoding.ts'
export { type LogitRow, behaviour, drawAction, learnedLogProb } from './behaviour.ts'
export { type Drawn, draw } from './draw.ts'
export { type Exploration, type Explore, exploring, mixture, onPolicy, tempered } from './exploration.ts'
export { type Completions, rollout, rowKeys } from './rollout.ts'
export { type NamedPrompt, promptsFault } from './prompts-fit.ts'
export { type SampleOptions, sample, sampleBatch } from './sample.ts'
export { type Beam, beamSearch } from './beam-search.ts'
export {
  type Priority,
  type ReplayBuffer,
  type ReplayEntry,
  addAll,
  addEntry,
  bestEntries,
  drawRows,
  replayBuffer,
} from './replay-buffer.ts'
export { type ReplayBufferJSON, replayBufferFromJSON, replayBufferToJSON } from './replay-buffer-json.ts'
export { type ReplayCell, type ReplayOptions, replay, withReplay } from './replay.ts'
export { boundedDistance, editDistance, withinDistance } from './edit-distance.ts'
export { type DiversityMetric, distinctN, pairwiseDistance, uniqueFraction, withinPrompts } from './diversity.ts'
export { exponentialRace } from './exponential-race.ts'
export { keepMinP, keepTopK, keepTopP } from './truncation.ts'
