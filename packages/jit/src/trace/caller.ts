const INSIDE = /node_modules[\\/]@tensorflow|packages[\\/]jit[\\/](src|dist)|@gfnlm[\\/]jit|node:internal/

/** Runs `body` with errors that keep their whole stack: tfjs calls nest deeper than the ten frames of the default. */
export const withDeepStacks = <A>(body: () => A): A => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 100
  try {
    return body()
  } finally {
    Error.stackTraceLimit = limit
  }
}

const deepStack = (): string | undefined => withDeepStacks(() => new Error().stack)

/**
 * The line of user code that called into tfjs: the first stack frame outside tfjs and this package.
 * Read only when something is wrong, so it costs nothing otherwise.
 */
export const callerLine = (stack: string | undefined = deepStack()): string => {
  const frame = (stack ?? '')
    .split('\n')
    .slice(1)
    .find((line) => /^\s*at /.test(line) && (!INSIDE.test(line) || /\.test\.[tj]s/.test(line)))
  return frame === undefined ? 'an unknown line' : frame.trim().replace(/^at /, '')
}
