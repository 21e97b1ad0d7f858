import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS } from './commands/commands.ts'
import { reportFailure } from './report-failure.ts'
import { runCli } from './testing/run-cli.ts'

test('help names every command with an example', async () => {
  const { code, out } = await runCli('--help')
  expect(code).toBe(0)
  expect(out).toMatchSnapshot()
  expect((await runCli()).out).toBe(out)
})

test.each(COMMANDS.map(({ name }) => name))('help of %s says options, types, defaults and an example', async (name) => {
  const { code, out } = await runCli(name, '--help')
  expect(code).toBe(0)
  expect(out).toMatchSnapshot()
  expect((await runCli('help', name)).out).toBe(out)
})

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await runCli('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test('an unknown command or option is one line on stderr and exit code 2', async () => {
  expect(await runCli('smaple')).toEqual({
    code: 2,
    out: '',
    err: 'error: unknown command "smaple". Did you mean sample? (see --help)\n',
  })
  expect(await runCli('score', '--txt', 'a')).toEqual({
    code: 2,
    out: '',
    err: 'error: unknown option --txt. Did you mean --text? (see --help)\n',
  })
})

test('an expected failure says what and the fix, as JSON where JSON was asked for, without a stack', async () => {
  const error = {
    tag: 'ModelNotFound',
    message: 'there is no directory ./nowhere',
    fix: expect.stringContaining('Name a directory'),
  }
  const { code, out, err } = await runCli('score', '--model', './nowhere', '--text', 'a', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toEqual({ error })
  expect(err).toMatch(/^error: there is no directory \.\/nowhere\nfix: Name a directory .*\n$/)
})

test('what nobody expected keeps its stack for GFNLM_DEBUG', () => {
  const err: string[] = []
  const output = { out: () => {}, err: { write: (text: string) => err.push(text) } }
  expect(reportFailure(new RangeError('3 weights for 4 rows'), false, output, false)).toBe(1)
  expect(err.join('')).toMatch(/^error: 3 weights for 4 rows\nfix: .*GFNLM_DEBUG/)
  reportFailure(new RangeError('3 weights for 4 rows'), false, output, true)
  expect(err.join('')).toContain('main.test.ts')
})
