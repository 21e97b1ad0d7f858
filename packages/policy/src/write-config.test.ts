import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshDirectory, rightOf } from './testing/small-models.ts'
import { writeConfig } from './write-config.ts'

// transformers 5.18 refuses a Gemma whose config.json has final_logit_softcapping 30 instead of 30.0.
it('a config.json has floats where Python wants them, whole numbers elsewhere', async () => {
  const path = join(await freshDirectory(), 'config.json')
  const config = {
    attn_logit_softcapping: null,
    final_logit_softcapping: 30,
    rms_norm_eps: 1e-6,
    hidden_size: 2304,
    of: { final_logit_softcapping: 1 },
  }
  rightOf(await writeConfig(path, config)())
  const text = await readFile(path, 'utf8')
  expect(JSON.parse(text)).toEqual(config)
  expect(text).toContain('\n  "final_logit_softcapping": 30.0,\n')
  expect(text).toContain('\n  "rms_norm_eps": 0.000001,\n')
  expect(text).toContain('\n  "hidden_size": 2304,\n')
})
