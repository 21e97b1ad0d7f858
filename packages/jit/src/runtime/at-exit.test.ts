import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const JIT = new URL('../../dist/index.js', import.meta.url).href
// The products take long enough for the process to end in the middle of one.
const SCRIPT = `
  import { hostTensor, jit } from ${JSON.stringify(JIT)}
  import { createRequire } from 'node:module'
  const tf = createRequire(${JSON.stringify(JIT)})('@tensorflow/tfjs-core')
  const n = 700
  const x = hostTensor(new Float32Array(n * n).fill(1 / n), [n, n])
  const power = jit(({ x }) => {
    let y = x
    for (let i = 0; i < 8; i++) y = tf.matMul(x, y)
    return { power: y }
  })
  await power({ x })
`

interface Ended {
  readonly code: number | string
  readonly err: string
}

const run = async (ending: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
  const child = promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT + ending], {
    env: { ...process.env, ...env },
  })
  return child.then(
    ({ stderr }) => ({ code: 0, err: stderr }),
    ({ code, signal, stderr }) => ({ code: code ?? signal, err: stderr }),
  )
}

test('a process that exits in the middle of a run ends with its own exit code, and quietly', async () => {
  expect(await run('void power({ x }); setTimeout(() => process.exit(7), 20)')).toEqual({ code: 7, err: '' })
})

test('a call that could not be sent keeps no process alive', async () => {
  const ending = `
    const y = hostTensor(new Float32Array(4))
    const waiting = jit(({ y }) => ({ z: tf.neg(y) }))({ y })
    structuredClone(y.data.buffer, { transfer: [y.data.buffer] })
    await waiting.then(() => { throw new Error('sent') }, () => {})
  `
  expect(await run(ending)).toEqual({ code: 0, err: '' })
}, 20_000)

test('many threads are no leak of listeners', async () => {
  const ending =
    'await Promise.all(Array.from({ length: 12 }, (_, thread) => jit(({ x }) => ({ y: tf.neg(x) }), { thread })({ x })))'
  expect(await run(ending)).toEqual({ code: 0, err: '' })
})

test.each<[string, string, number]>([
  ['a script that just ends', 'await power({ x }); await power({ x })', 0],
  [
    'a script that exits in the middle of a run',
    'await power({ x }); void power({ x }); setTimeout(() => process.exit(7), 20)',
    7,
  ],
  ['a script that releases its sessions', 'await power({ x }); await power.dispose()', 0],
])('with GFNLM_PROFILE set, %s leaves a table and a trace of its runs', async (_, ending, exitCode) => {
  const folder = join(await mkdtemp(join(tmpdir(), 'gfnlm-profile-')), 'profile')
  const { code, err } = await run(ending, { GFNLM_PROFILE: folder })
  expect(code).toBe(exitCode)
  const written = /^profile: (.*profile-\d+-\d+\.txt), (.*trace-\d+-\d+\.json)$/m.exec(err)!
  expect((await readdir(folder)).map((name) => join(folder, name)).sort()).toEqual(written.slice(1).sort())
  const table = await readFile(written[1]!, 'utf8')
  expect(table).toMatch(/^\| \d+: → power +\| /m)
  expect(table).toMatch(/^\| MatMul \[700, 700\] \[700, 700\] → \[700, 700\] .*\| +8 \| +\d+\.\d \|$/m)
  const { traceEvents } = JSON.parse(await readFile(written[2]!, 'utf8')) as {
    traceEvents: { name: string; ph: string }[]
  }
  const runs = traceEvents.filter(({ name }) => name === 'model_run').length
  expect(runs).toBeGreaterThanOrEqual(2)
  expect(traceEvents.filter(({ name, ph }) => name === 'MatMul' && ph === 'X')).toHaveLength(8 * runs)
})

test('each thread of the engine has a table of its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gfnlm-profile-'))
  const ending = 'await Promise.all([1, 2].map((thread) => jit(({ x }) => ({ y: tf.neg(x) }), { thread })({ x })))'
  await run(ending, { GFNLM_PROFILE: folder })
  const tables = (await readdir(folder)).filter((name) => /^profile-\d+-\d+\.txt$/.test(name))
  const texts = await Promise.all(tables.map((name) => readFile(join(folder, name), 'utf8')))
  expect(texts.map((text) => /→ (power|y) /.exec(text)?.[1]).sort()).toEqual(['power', 'y', 'y'])
})

test('a folder that cannot be made is an error of the first call that names it', async () => {
  const { code, err } = await run('', { GFNLM_PROFILE: '/dev/null/profile' })
  expect(code).toBe(1)
  expect(err).toContain('/dev/null/profile')
})
