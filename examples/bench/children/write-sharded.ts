/** write-sharded FROM TO: a checkpoint again, in bfloat16 and three files with an index, as large models are kept. */
import { readSafetensors, writeSafetensors } from '@gfnlm/policy'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SHARDS = 3

const [from, to] = process.argv.slice(2) as [string, string]
const read = await readSafetensors(join(from, 'model.safetensors'))()
if (read._tag === 'Left') throw read.left
const names = Object.keys(read.right)
const shardOf = (i: number): string =>
  `model-0000${1 + Math.floor((i * SHARDS) / names.length)}-of-0000${SHARDS}.safetensors`
const weightMap = Object.fromEntries(names.map((name, i) => [name, shardOf(i)]))
for (const shard of new Set(Object.values(weightMap))) {
  const tensors = Object.fromEntries(
    names.filter((name) => weightMap[name] === shard).map((name) => [name, read.right[name]!]),
  )
  const written = await writeSafetensors(join(to, shard), tensors, { dtype: 'BF16' })()
  if (written._tag === 'Left') throw written.left
}
writeFileSync(join(to, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: weightMap }))
copyFileSync(join(from, 'config.json'), join(to, 'config.json'))
process.stdout.write('null')
