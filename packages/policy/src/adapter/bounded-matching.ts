import { Script, createContext } from 'node:vm'
import { shortened } from '../architectures/config-fields.ts'

/** How long all expressions of a field may take on all modules of a model, in milliseconds. */
const TIMEOUT = 500

interface Trial {
  expressions: readonly RegExp[]
  strings: readonly string[]
}

const trial: Trial = createContext({ expressions: [], strings: [] }) as Trial
const script = new Script('for (const expression of expressions) for (const string of strings) expression.test(string)')

/**
 * Tries expressions on strings once, and throws where that takes longer than half a second: an expression can take time
 * exponential in the length of what it is tried on, and an adapter's are whoever's who published it. What was decided
 * here once takes no longer again.
 */
export const tryBounded = (expressions: readonly RegExp[], strings: readonly string[]): void => {
  if (expressions.length === 0) return
  Object.assign(trial, { expressions, strings })
  try {
    script.runInContext(trial, { timeout: TIMEOUT })
  } catch (caught) {
    if ((caught as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw caught
    throw new RangeError(
      `${shortened(expressions.map(({ source }) => source).join(', '))} does not end in ${TIMEOUT} ms`,
    )
  }
}
