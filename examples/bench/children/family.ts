/** family NAME EFFORT: measures the rows of one family, and prints what they came to. */
import { FAMILIES } from '../families.ts'
import type { Effort } from '../row.ts'

const [name, effort] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await FAMILIES[name!]!.measure(JSON.parse(effort!) as Effort)))
// Engines and peers may still hold the process.
process.exit(0)
