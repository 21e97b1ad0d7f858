import { expect, test } from 'vitest'
import { bytes, downloadLine } from './download-line.ts'

const written = (isTTY: boolean, env: Readonly<Record<string, string>>): string => {
  let out = ''
  const line = downloadLine({ write: (text) => (out += text), isTTY, columns: 40 }, env)
  for (const received of [0, 1_200_000, 1_200_001, 2_000_000, 2_000_000])
    line({ model: 'org/tiny', file: 'model.safetensors', received, size: 2_000_000 })
  return out
}
const CLEAR = '\r\x1b[2K'

test('a terminal sees one line, no wider than it is, rewritten when its figures change', () => {
  expect(written(true, {}).split(CLEAR)).toEqual([
    '',
    'org/tiny: model.safetensors 0 B of 2.0 ',
    'org/tiny: model.safetensors 1.2 MB of 2',
    'org/tiny: model.safetensors 2.0 MB\n',
  ])
})

test.each([
  [false, {}],
  [true, { CI: '1' }],
  [true, { TERM: 'dumb' }],
])('a log (terminal: %s, %j) sees what is whole', (isTTY, env) =>
  expect(written(isTTY, env)).toBe('org/tiny: model.safetensors 2.0 MB\n'),
)

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_400, '99.4 kB'],
  [269_060_552, '269 MB'],
  [14_483_498_224, '14.5 GB'],
])('%i bytes are %s', (n, text) => expect(bytes(n)).toBe(text))
