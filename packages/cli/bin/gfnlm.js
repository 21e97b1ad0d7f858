#!/usr/bin/env node
// The published package holds dist/. A source checkout may not: it is built once, with the repository's own compiler.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('..', import.meta.url))
const entry = join(here, 'dist', 'main.js')

const build = () => {
  process.stderr.write('gfnlm: building this checkout once…\n')
  let compiler
  try {
    compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  } catch {
    process.stderr.write('gfnlm: TypeScript is not installed here. Run `npm ci` at the root of the repository.\n')
    process.exit(1)
  }
  const { status } = spawnSync(process.execPath, [compiler, '-b', here], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(entry)) build()
const { main } = await import('../dist/main.js')
process.exitCode = await main(process.argv.slice(2))
