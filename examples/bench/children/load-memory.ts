/** load-memory DIRECTORY: the most memory a process held until a model was loaded. */
import { fromPretrained } from '@gfnlm/policy'

const before = process.memoryUsage.rss()
const { constants } = await fromPretrained(process.argv[2]!)
const weights = Object.values(constants).reduce((sum, { shape }) => sum + 4 * shape.reduce((n, d) => n * d, 1), 0)
// maxRSS is in kilobytes, of 1024
process.stdout.write(JSON.stringify({ weights, before, peak: process.resourceUsage().maxRSS * 1024 }))
