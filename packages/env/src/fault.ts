/**
 * An expected failure as a value: an Error that carries a tag to match on and what to do about it.
 *
 * It goes into the left of an Either or TaskEither; at the outermost edge it may be thrown, and then prints well.
 */
export interface Fault<Tag extends string = string> extends Error {
  readonly _tag: Tag
  /** What the reader should do. */
  readonly fix: string
  /** The facts behind it: paths, field names, shapes. */
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Makes a Fault. `what` says what was wrong and where, `fix` what to do.
 *
 * @example
 * fault('WeightsMissing', 'no model.safetensors in ./gpt2', 'download the model again', { path: './gpt2' })
 */
export const fault = <Tag extends string>(
  tag: Tag,
  what: string,
  fix: string,
  detail: Readonly<Record<string, unknown>> = {},
): Fault<Tag> => Object.assign(new Error(`${what}. ${fix}`), { name: tag, _tag: tag, fix, detail } as const)

/** Whether a caught value is a Fault (by its marker, so that it survives two copies of this package). */
export const isFault = (u: unknown): u is Fault =>
  u instanceof Error && typeof (u as Partial<Fault>)._tag === 'string' && typeof (u as Partial<Fault>).fix === 'string'
