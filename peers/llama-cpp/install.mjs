/**
 * Installs node-llama-cpp here, with the binaries of this platform only: as optional dependencies npm would fetch
 * those for CUDA and Vulkan too, 700 MB. Does nothing where it is installed.
 *
 *   node peers/llama-cpp/install.mjs
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const version = dependencies['node-llama-cpp']

const BINARIES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'mac-x64',
  'darwin-arm64': 'mac-arm64-metal',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
}
const platform = `${process.platform}-${process.arch}`
const binaries = BINARIES[platform]
if (binaries === undefined) throw new Error(`node-llama-cpp has no CPU binaries for ${platform}`)

if (!existsSync(join(here, 'node_modules', '@node-llama-cpp', binaries))) {
  const packages = [`node-llama-cpp@${version}`, `@node-llama-cpp/${binaries}@${version}`]
  const { status } = spawnSync(
    'npm',
    [
      'install',
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--omit=optional',
      '--no-audit',
      '--no-fund',
      '--fetch-retries=1',
      ...packages,
    ],
    { cwd: here, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' },
  )
  if (status !== 0) throw new Error('npm could not install node-llama-cpp: see above')
}
