import { expect, test } from 'vitest'
import { THREE, mapStates, tensorsOf } from './batch.test.fixture.ts'
import { terminationValues } from './termination-values.ts'

// gfn-lm-tuning get_termination_vals, executed
test('a completion’s log-probability has its tokens and its terminator', () => {
  const { logPF, logReward, length } = terminationValues(
    tensorsOf({
      logPF: [
        [-0.3956, -0.497996, -0.1245, 0],
        [-0.328738, 0, 0, 0],
      ],
      logPTerm: [
        [-0.67363, -0.254148, -0.784069, -0.771115],
        [-0.096386, -0.507339, 0, 0],
      ],
      logReward: [
        [-99, -60.345334, -62.212348, -62.3045354111423],
        [-99, -4.465175349872782, 0, 0],
      ],
      length: [3, 1],
    }),
  )
  expect([...logPF.dataSync()]).toEqual([expect.closeTo(-1.789211, 5), expect.closeTo(-0.836077, 5)])
  expect([...logReward.dataSync()]).toEqual([expect.closeTo(-62.3045354, 4), expect.closeTo(-4.46517535, 5)])
  expect([...length.dataSync()]).toEqual([3, 1])
})

test('a row that is not kept is 0, whatever is in it', () => {
  const rows = { ...mapStates(THREE, (x, row) => (row === 1 ? NaN : x)), keep: [1, 0, 1] }
  const { logPF, logReward, length } = terminationValues(tensorsOf(rows))
  expect([logPF, logReward, length].map((x) => x.dataSync()[1])).toEqual([0, 0, -1])
})
