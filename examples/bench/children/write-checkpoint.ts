/** write-checkpoint DIRECTORY: a model of the GPT-2 shape with random fp32 weights, as Hugging Face keeps one. */
import { savePretrained } from '@gfnlm/policy'
import { gpt2Shape } from '../shapes.ts'
import { policyOf } from '../steps.ts'

const written = await savePretrained(policyOf({ ...gpt2Shape, R: 0 }), null, process.argv[2]!)()
if (written._tag === 'Left') throw written.left
process.stdout.write('null')
