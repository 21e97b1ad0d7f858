import { type Source, against, takeTurns, timed } from '../measure/compare.ts'
import { loraStepFlops } from '../measure/flops.ts'
import { sgemm } from '../measure/limits.ts'
import { PYTORCH, PYTORCH_DEFAULT, pytorchBest } from '../measure/pytorch.ts'
import type { Family, Row } from '../row.ts'
import { SMALL, type Shape, gpt2Shape } from '../shapes.ts'
import { policyOf, trainingStep } from '../steps.ts'

const row = (name: string, what: string, limit: number): Row => ({
  name,
  measures: `LoRA r 8 training step, ${what}: forward, loss, backward, AdamW`,
  against: 'PyTorch, its best thread count',
  unit: 'ms',
  of: 'ratio',
  bound: 'at least',
  limit,
})

const GPT2_PYTORCH: Row = {
  ...row('lora-step-gpt2-pytorch', 'GPT-2 124M shape, 8 × 64 tokens', 3.5),
  against: 'PyTorch as it comes, every core',
}
const GPT2_PYTORCH_BEST = row('lora-step-gpt2-pytorch-best', 'GPT-2 124M shape, 8 × 64 tokens', 1)
const GPT2_SGEMM: Row = {
  ...row('lora-step-gpt2-sgemm', 'GPT-2 124M shape, 8 × 64 tokens', 0.85),
  against: "its FLOPs at the rate of ONNX Runtime's own product, n = 2048",
}
const SMALL_PYTORCH = row('lora-step-small-pytorch', '5 layers, d 64, vocabulary 512, 32 × 64 tokens', 2)

const OURS = 'ours'

/** Ours and PyTorch's step at a shape. */
const stepsAt = async (shape: Shape, perRound: number): Promise<readonly Source[]> => [
  timed(OURS, perRound, trainingStep(policyOf(shape), shape)),
  ...(await pytorchBest('lora_train_step', shape, perRound)),
]

/** The training step at the GPT-2 shape, against PyTorch and against the arithmetic it needs. */
export const loraStepGpt2: Family = {
  rows: [GPT2_PYTORCH, GPT2_PYTORCH_BEST, GPT2_SGEMM],
  measure: async ({ rounds }) => {
    const flops = loraStepFlops(gpt2Shape)
    const limit = await sgemm(flops)
    const taken = await takeTurns([limit, ...(await stepsAt(gpt2Shape, 2))], rounds)
    const fraction = against(taken, OURS, [limit.name], 'faster')
    return {
      [GPT2_PYTORCH.name]: against(taken, OURS, [PYTORCH_DEFAULT], 'faster'),
      [GPT2_PYTORCH_BEST.name]: against(taken, OURS, PYTORCH, 'faster'),
      [GPT2_SGEMM.name]: {
        ...fraction,
        detail: { gflop: flops / 1e9, gflopPerSecond: flops / 1e6 / fraction.peer! },
      },
    }
  },
}

/** The training step of a small model, where everything but arithmetic counts. */
export const loraStepSmall: Family = {
  rows: [SMALL_PYTORCH],
  measure: async ({ rounds }) => {
    const taken = await takeTurns(await stepsAt(SMALL, 10), rounds)
    return { [SMALL_PYTORCH.name]: against(taken, OURS, PYTORCH, 'faster') }
  },
}
