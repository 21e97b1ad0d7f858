import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { PolicyFault } from '../policy-fault.ts'
import { type ConfigJson, badField, count, flag, isAbsent, withDefaults } from './config-fields.ts'
import type { Sliding } from './decoder-config.ts'

const KINDS: readonly unknown[] = ['full_attention', 'sliding_attention']

/** `layer_types` as whether each layer slides; where it is absent, what the family does. */
const slidingLayers = (
  json: ConfigJson,
  layers: number,
  otherwise: (layer: number) => boolean,
): E.Either<PolicyFault, readonly boolean[]> => {
  const types = json['layer_types']
  if (isAbsent(json, 'layer_types')) return E.right(Array.from({ length: layers }, (_, layer) => otherwise(layer)))
  return Array.isArray(types) && types.length === layers && types.every((type) => KINDS.includes(type))
    ? E.right(types.map((type) => type === KINDS[1]))
    : badField(json, 'layer_types', `It must name one of ${KINDS.join(', ')} for each of ${layers} layers`)
}

/** Which layers slide and over how much; undefined where none does. */
export const sliding = (
  json: ConfigJson,
  layers: number,
  otherwise: (layer: number) => boolean,
): E.Either<PolicyFault, Sliding | undefined> =>
  pipe(
    slidingLayers(json, layers, otherwise),
    E.chain((slides) =>
      slides.includes(true)
        ? pipe(
            count(json, 'sliding_window'),
            E.map((window) => ({ window, layers: slides })),
          )
        : E.right(undefined),
    ),
  )

/** What Mistral's and Qwen's classes take where a file does not say; null is no window. */
export const WINDOW: ConfigJson = { sliding_window: 4096 }

/** Qwen's: with `use_sliding_window` the layers from `max_window_layers` on, otherwise none whatever else it says. */
export const qwenSliding = (json: ConfigJson, layers: number): E.Either<PolicyFault, Sliding | undefined> =>
  pipe(
    E.Do,
    E.bind('used', () => flag(json, 'use_sliding_window', false)),
    E.bind('full', () => (json['max_window_layers'] === 0 ? E.right(0) : count(json, 'max_window_layers', 28))),
    E.chain(({ used, full }) =>
      sliding(withDefaults(json, WINDOW), layers, (layer) => used && json['sliding_window'] !== null && layer >= full),
    ),
    E.chain((found) =>
      found !== undefined && json['use_sliding_window'] !== true
        ? badField(json, 'use_sliding_window', 'layer_types has sliding layers: it must be true')
        : E.right(found),
    ),
  )
