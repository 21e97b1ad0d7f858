/** A message as chat templates read it: a role, a content, and what else a family knows (`tool_calls`, `thinking`). */
export interface ChatMessage {
  readonly role: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

export interface ChatOptions {
  /** Ends with what introduces the assistant's next turn. */
  readonly addGenerationPrompt?: boolean
  /** JSON schemas of the functions that the model may call. */
  readonly tools?: readonly unknown[]
  readonly documents?: readonly unknown[]
  /** What else a template reads: `enable_thinking`, `date_string`, … */
  readonly variables?: Readonly<Record<string, unknown>>
}
