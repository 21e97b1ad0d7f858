/** quantized-loss BITS: the loss of the story model on held-out stories with its linear layers in so many bits. */
import { fromPretrained, reference } from '@gfnlm/policy'
import { fileURLToPath } from 'node:url'
import { documents } from '../../story-model/corpus.ts'
import { heldOutLoss } from '../../story-model/held-out-loss.ts'

/** What the child prints: nats a token. */
export interface QuantizedLoss {
  readonly loss: number
}

const STORIES = fileURLToPath(new URL('../../../story-model/model', import.meta.url))

const bits = process.argv[2]!
const policy = await fromPretrained(STORIES, bits === '32' ? {} : { quantize: { bits: Number(bits) as 4 | 8 } })
const { perToken } = await heldOutLoss(reference(policy), documents(0, 'held-out', 1000))
process.stdout.write(JSON.stringify({ loss: perToken } satisfies QuantizedLoss))
process.exit(0)
