const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

const superscript = (n: number): string =>
  [...String(n)].map((c) => (c === '-' ? '⁻' : SUPERSCRIPTS[Number(c)])).join('')

/** A number as print has it: a real minus, no trailing noise, powers of ten beyond five places. */
export const numberText = (x: number, decimals: number = 3): string => {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'not a number' : x > 0 ? '∞' : '−∞'
  const size = Math.abs(x)
  if (size === 0 && decimals > 4) return '0'
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const power = Math.floor(Math.log10(size) + 1e-9)
    const mantissa = Number((x / 10 ** power).toFixed(1))
    const ten = `10${superscript(power)}`
    return (mantissa === 1 ? ten : mantissa === -1 ? `-${ten}` : `${mantissa}×${ten}`).replace('-', '−')
  }
  const [whole, fraction] = size.toFixed(decimals).split('.')
  const grouped = whole!.length > 4 ? whole!.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole!
  const digits = fraction === undefined ? grouped : `${grouped}.${fraction}`
  return x < 0 && Number(size.toFixed(decimals)) !== 0 ? `−${digits}` : digits
}

/** The fewest decimals, three at most, that tell all the values to three. */
export const decimalsOf = (values: readonly number[]): number =>
  [0, 1, 2].find((d) => values.every((x) => !Number.isFinite(x) || Math.abs(x - Number(x.toFixed(d))) < 5e-4)) ?? 3

/** A number with no more decimals than it needs, three at most. */
export const shortText = (x: number): string => numberText(x, decimalsOf([x]))

/** A place on an axis and what stands beside it. */
export interface Tick {
  readonly value: number
  readonly text: string
}

/** The step 1, 2 or 5 × 10^k that cuts a span into about `count` parts. */
export const niceStep = (span: number, count: number): number => {
  const rough = span / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  return power * (lead < Math.SQRT2 ? 1 : lead < Math.sqrt(10) ? 2 : lead < Math.sqrt(50) ? 5 : 10)
}

/** Round values within [lo, hi], all with the decimals their step needs. */
export const linearTicks = (lo: number, hi: number, count: number = 5): readonly Tick[] => {
  const step = niceStep(hi - lo, count)
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const first = Math.ceil(lo / step - 1e-9)
  const last = Math.floor(hi / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step
    return { value, text: numberText(value, decimals) }
  })
}

/** Powers of ten within [lo, hi], about eight at most; 1, 2 and 5 times them in less than two decades. */
export const logTicks = (lo: number, hi: number): readonly Tick[] => {
  const from = Math.floor(Math.log10(lo) + 1e-9)
  const to = Math.ceil(Math.log10(hi) - 1e-9)
  const stride = Math.max(1, Math.ceil((to - from) / 8))
  const leads = hi / lo < 100 ? [1, 2, 5] : [1]
  const ticks: Tick[] = []
  for (let power = from; power <= to; power += stride)
    for (const lead of leads) {
      const value = lead * 10 ** power
      if (value >= lo * (1 - 1e-9) && value <= hi * (1 + 1e-9))
        ticks.push({ value, text: numberText(value, Math.max(0, -power)) })
    }
  return ticks.length < 3 ? linearTicks(lo, hi) : ticks
}
