import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Shape } from '../shapes.ts'
import type { Source } from './compare.ts'
import { served } from './served.ts'

/** From dist/bench/measure/ to bench/peers/. */
const scriptPath = (script: string): string =>
  fileURLToPath(new URL(`../../../bench/peers/${script}.py`, import.meta.url))

/** A Python that can import torch: $PYTHON where it is set, else the system's or the first on the path. */
const pythonWithTorch = (given: string | undefined = process.env['PYTHON']): string | undefined =>
  (given === undefined ? ['/usr/bin/python3', 'python3'] : [given]).find(
    (python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  )

export const pytorchName = (threads: number): string => `PyTorch, ${threads} thread${threads === 1 ? '' : 's'}`

/** PyTorch as it comes: with every core. */
export const PYTORCH_DEFAULT = pytorchName(availableParallelism())

/** The names of PyTorch with one thread and with every core: which is faster depends on the shape. */
export const PYTORCH: readonly string[] = [...new Set([1, availableParallelism()])].map(pytorchName)

/** A script of peers/ in PyTorch at a shape. */
export const pytorch = async (script: string, shape: Shape, steps: number, threads: number): Promise<Source> => {
  const name = pytorchName(threads)
  const python = pythonWithTorch()
  if (python === undefined)
    return { name, absent: 'not installed: apt-get install -y python3-torch libopenblas0-pthread' }
  const sizes = Object.fromEntries(Object.entries(shape).map(([size, value]) => [size, String(value)]))
  const env = { ...sizes, THREADS: String(threads), PYTHONDONTWRITEBYTECODE: '1' }
  return served(name, steps, { program: python, args: [scriptPath(script), '--serve'], env }).catch((error: Error) => ({
    name,
    absent: error.message,
  }))
}

/** The same with one thread and with every core. */
export const pytorchBest = (script: string, shape: Shape, steps: number): Promise<readonly Source[]> =>
  Promise.all([...new Set([1, availableParallelism()])].map((threads) => pytorch(script, shape, steps, threads)))
