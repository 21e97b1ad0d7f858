import { defineConfig } from 'vitest/config'

// Tests run from source: the scoped export condition points every @gfnlm import at src/.
export default defineConfig({
  resolve: { conditions: ['@gfnlm/source', 'node'] },
  ssr: { resolve: { conditions: ['@gfnlm/source', 'node'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/dist/**', '**/node_modules/**'],
    globalSetup: ['./vitest.temporary.ts'],
    setupFiles: ['./vitest.setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Two workers on two cores: one thread for each engine.
    env: { GFNLM_THREADS: '1' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
