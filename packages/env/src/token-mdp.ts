/**
 * The token MDP: a state is a prompt and the t tokens generated so far, an action appends one token, and the
 * terminator ends the completion. It is a tree, so every state has one parent and log P_B = 0.
 *
 * The same rules hold for the behaviour policy and for the learned one: illegal tokens are masked in both,
 * the terminator is masked in both while t < minLength, and at t = maxLength it is forced with log-probability 0
 * (`leaf: 'forced'`). `leaf: 'free'` leaves P(terminator | s_maxLength) to the model, as gfn-lm-tuning's
 * next-sentence code does; its optimum is not unique, so it is there for parity only.
 */
export interface TokenMDP {
  /** Token id that ends a completion. */
  readonly terminator: number
  /**
   * Other ids that end a completion, as chat models have one for a turn beside that of a text. They are one action with
   * the terminator, which stands for them in a batch: P(⊤ | s) is the sum of theirs. Default: none.
   */
  readonly ends?: readonly number[]
  /** Tokens a completion may have before the terminator is forced. */
  readonly maxLength: number
  /** Tokens a completion must have before the terminator is allowed. */
  readonly minLength: number
  readonly leaf: 'forced' | 'free'
  /** [vocab] added to every logit before the softmax: 0 legal, -Infinity illegal (or a finite penalty). Absent: all legal. */
  readonly logitShift?: Float32Array
}

/** Throws a RangeError unless all are ids, below `vocab` where it is known. */
const checkIds = (where: string, ids: readonly number[], vocab = Infinity): void => {
  const stray = ids.findIndex((id) => !(Number.isSafeInteger(id) && id >= 0 && id < vocab))
  if (stray < 0) return
  const of = vocab === Infinity ? '' : ` of the ${vocab} of the vocabulary`
  throw new RangeError(
    `${where}: ${ids[stray]} is no token id${of} (idOf gives undefined for a text that is not one token)`,
  )
}

/**
 * A token MDP with the defaults: minLength 0, forced leaf, the whole vocabulary, one id that ends a completion. The
 * terminator may be among `ends`.
 *
 * @throws RangeError unless 0 ≤ minLength ≤ maxLength, both whole numbers, and all that ends a completion is an id
 * @example tokenMDP({ terminator: tokenizer.ends[0], ends: tokenizer.ends, maxLength: 30 })
 */
export const tokenMDP = ({
  ends,
  ...given
}: Pick<TokenMDP, 'terminator' | 'maxLength'> & Partial<TokenMDP>): TokenMDP => {
  const { minLength = 0, maxLength, terminator } = given
  if (!(Number.isSafeInteger(minLength) && Number.isSafeInteger(maxLength) && 0 <= minLength && minLength <= maxLength))
    throw new RangeError(
      `tokenMDP: lengths must be whole numbers, 0 ≤ minLength ≤ maxLength, found ${minLength} and ${maxLength}`,
    )
  checkIds('tokenMDP', [terminator, ...(ends ?? [])])
  return {
    minLength,
    leaf: 'forced',
    ...given,
    ...(ends === undefined ? {} : { ends: [...new Set(ends)].filter((id) => id !== terminator) }),
  }
}

/**
 * [vocab] logit shift in which only `legal` tokens and the terminator may be generated.
 *
 * @throws RangeError for an id outside of the vocabulary
 */
export const onlyTokens = (vocab: number, legal: Iterable<number>, terminator: number): Float32Array => {
  const ids = [...legal, terminator]
  checkIds('onlyTokens', ids, vocab)
  const shift = new Float32Array(vocab).fill(-Infinity)
  for (const id of ids) shift[id] = 0
  return shift
}

/**
 * [vocab] logit shift in which `illegal` tokens may not be generated (or pay `penalty` nats).
 *
 * @throws RangeError for an id outside of the vocabulary
 */
export const exceptTokens = (vocab: number, illegal: Iterable<number>, penalty: number = -Infinity): Float32Array => {
  const ids = [...illegal]
  checkIds('exceptTokens', ids, vocab)
  const shift = new Float32Array(vocab)
  for (const id of ids) shift[id] = penalty
  return shift
}

/** The MDP's mask. Throws a RangeError for one that has not a number for each token. */
export const sizedShift = ({ logitShift }: Pick<TokenMDP, 'logitShift'>, vocab: number): Float32Array | undefined => {
  if (logitShift !== undefined && logitShift.length !== vocab)
    throw new RangeError(
      `the mask (logitShift) has ${logitShift.length} numbers, and the vocabulary ${vocab} tokens: make it of the policy's vocabSize`,
    )
  return logitShift
}

/**
 * [vocab] that the MDP adds to the logits of state t: the terminator is masked while t < minLength, other `ends` always,
 * because what they had is the terminator's already. Undefined where nothing is masked.
 *
 * @throws RangeError for a `logitShift` that has not a number for each token
 */
export const stateShift = (
  mdp: Pick<TokenMDP, 'logitShift' | 'ends' | 'minLength' | 'terminator'>,
  vocab: number,
  t: number,
): Float32Array | undefined => {
  const { ends = [], minLength, terminator } = mdp
  const logitShift = sizedShift(mdp, vocab)
  const illegal = t < minLength ? [...ends, terminator] : ends
  if (logitShift === undefined && illegal.length === 0) return undefined
  const shift = logitShift?.slice() ?? new Float32Array(vocab)
  for (const id of illegal) shift[id] = -Infinity
  return shift
}

/**
 * The tokens that may be generated under a shift, those that end a completion left out, in order of id.
 *
 * @throws RangeError for a `logitShift` that has not a number for each token
 */
export const legalTokens = (mdp: TokenMDP, vocab: number): number[] => {
  const ends = new Set([mdp.terminator, ...(mdp.ends ?? [])])
  const shift = sizedShift(mdp, vocab)
  const legal: number[] = []
  for (let id = 0; id < vocab; id++)
    if (!ends.has(id) && (shift === undefined || shift[id]! > -Infinity)) legal.push(id)
  return legal
}

/**
 * Every completion of the MDP without its terminator, shortest first, then by id: Σ_{l=min..max} n^l of them.
 * Throws a RangeError past `limit`, because enumeration is for proofs, not for vocabularies.
 */
export const enumerateCompletions = (mdp: TokenMDP, vocab: number, limit = 100_000): Int32Array[] => {
  const legal = legalTokens(mdp, vocab)
  const all: Int32Array[] = []
  let level: Int32Array[] = [new Int32Array(0)]
  for (let length = 0; length <= mdp.maxLength; length++) {
    if (length >= mdp.minLength) all.push(...level)
    if (all.length + level.length * legal.length > limit && length < mdp.maxLength)
      throw new RangeError(
        `${legal.length} legal tokens and maxLength ${mdp.maxLength} give more than ${limit} completions`,
      )
    if (length < mdp.maxLength) level = level.flatMap((prefix) => legal.map((id) => Int32Array.of(...prefix, id)))
  }
  return all
}
