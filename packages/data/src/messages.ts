import type { Message } from './preference-rows.ts'

const isMessage = (u: unknown): u is Message =>
  typeof u === 'object' &&
  u !== null &&
  typeof (u as Partial<Message>).role === 'string' &&
  typeof (u as Partial<Message>).content === 'string'

/** Whether a column holds a conversation: a list of messages with role and content. */
export const isConversation = (u: unknown): u is readonly Message[] => Array.isArray(u) && u.every(isMessage)
