import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const installed = vi.hoisted(() => ({ here: false }))
vi.mock('node:fs', async (original) => ({ ...(await original<object>()), existsSync: () => installed.here }))

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllEnvs())

const imported = async (): Promise<boolean> => (await import('./llama-cpp.ts')).hasLlamaCpp

it.each([
  ['1', false, 'must be there: node peers/llama-cpp/install.mjs'],
  ['1', true, true],
  [undefined, false, false],
  [undefined, true, true],
] as const)('with GFNLM_LLAMA_CPP=%s and llama.cpp installed %s: %s', async (asked, here, outcome) => {
  vi.stubEnv('GFNLM_LLAMA_CPP', asked)
  installed.here = here
  if (typeof outcome === 'string') await expect(imported()).rejects.toThrow(outcome)
  else expect(await imported()).toBe(outcome)
})
