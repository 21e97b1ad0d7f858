/** A message of a conversation, in the columns that chat templates read. */
export interface Message {
  readonly role: string
  readonly content: string
}

/** A prompt or a completion: text, or messages that a chat template renders. */
export type TextOrMessages = string | readonly Message[]

/** Two completions of a prompt, the first preferred: TRL's preference format. */
export interface PreferenceRow<T extends TextOrMessages = TextOrMessages> {
  readonly prompt: T
  readonly chosen: T
  readonly rejected: T
}

/** A completion that is desirable or not: TRL's unpaired preference format (KTO, BCO). */
export interface UnpairedRow<T extends TextOrMessages = TextOrMessages> {
  readonly prompt: T
  readonly completion: T
  readonly label: boolean
}

/**
 * Preferences as single completions with a label: all chosen ones, then all rejected ones.
 *
 * @see TRL `unpair_preference_dataset`
 */
export const unpaired = <T extends TextOrMessages>(rows: readonly PreferenceRow<T>[]): UnpairedRow<T>[] => [
  ...rows.map(({ prompt, chosen }) => ({ prompt, completion: chosen, label: true })),
  ...rows.map(({ prompt, rejected }) => ({ prompt, completion: rejected, label: false })),
]

/** How many elements two lists have in common from the beginning. */
const shared = <A>(a: ArrayLike<A>, b: ArrayLike<A>, same: (x: A, y: A) => boolean): number => {
  const most = Math.min(a.length, b.length)
  for (let i = 0; i < most; i++) if (!same(a[i]!, b[i]!)) return i
  return most
}

const sameMessage = (a: Message, b: Message): boolean => a.role === b.role && a.content === b.content

/** How many code units two texts have in common from the beginning, without half of a character. */
const sharedText = (a: string, b: string): number => {
  const alike = shared(a, b, (x, y) => x === y)
  return /[\ud800-\udbff]/.test(a.charAt(alike - 1)) ? alike - 1 : alike
}

const endOfPrompt = (chosen: TextOrMessages, rejected: TextOrMessages): number => {
  if (typeof chosen === 'string' && typeof rejected === 'string') {
    const alike = sharedText(chosen, rejected)
    const differ = alike < Math.min(chosen.length, rejected.length)
    return differ && chosen[alike - 1] === ' ' ? alike - 1 : alike
  }
  if (typeof chosen !== 'string' && typeof rejected !== 'string') return shared(chosen, rejected, sameMessage)
  throw new TypeError('withPrompt: chosen and rejected must both be text or both be messages')
}

type Texts<T extends TextOrMessages> = Omit<PreferenceRow<T>, 'prompt'>

/**
 * The prompt of a preference whose two texts have it in them: what they begin with alike. A space before the first
 * difference belongs to the completions, because tokenizers put it there. Conversations are compared message by
 * message. A row without a common beginning gets an empty prompt.
 *
 * @see TRL `extract_prompt`
 * @example withPrompt({ chosen: 'The sky is blue.', rejected: 'The sky is green.' })
 * // { prompt: 'The sky is', chosen: ' blue.', rejected: ' green.' }
 */
export function withPrompt(texts: Texts<string>): PreferenceRow<string>
export function withPrompt(conversations: Texts<readonly Message[]>): PreferenceRow<readonly Message[]>
export function withPrompt({ chosen, rejected }: Texts<TextOrMessages>): PreferenceRow {
  const at = endOfPrompt(chosen, rejected)
  return { prompt: chosen.slice(0, at), chosen: chosen.slice(at), rejected: rejected.slice(at) }
}
