import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A type whose declaration spells out, for each loss, the fields that its input must have. */
const question = (index: string, losses: readonly string[]): string => `
import type * as losses from ${JSON.stringify(index)}
type InputOf<F> = F extends (given: infer In) => infer Out
  ? Out extends losses.Terms ? In : InputOf<Out>
  : F extends (...given: never[]) => infer Out ? InputOf<Out> : never
type Required<T> = [T] extends [never] ? 'any' : { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T]
const tell = <F>(_: F): { fields: Required<InputOf<F>> } => ({}) as never
${losses.map((loss) => `export const ${loss} = tell(null! as typeof losses.${loss})`).join('\n')}
`

/**
 * The required fields of what each loss is given, as the compiler has them from the package's declarations. 'any' alone
 * stands for an input that depends on the options.
 */
export const requiredInputs = (
  index: string,
  losses: readonly string[],
  tsc: string,
): ReadonlyMap<string, readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'loss-table-'))
  try {
    writeFileSync(join(folder, 'ask.ts'), question(index, losses))
    const flags = ['--strict', '--skipLibCheck', '--declaration', '--emitDeclarationOnly', '--noErrorTruncation']
    const how = ['--module', 'nodenext', '--target', 'es2022', '--types', '', '--ignoreConfig']
    execFileSync(process.execPath, [tsc, ...flags, ...how, join(folder, 'ask.ts')], { stdio: 'pipe' })
    const told = readFileSync(join(folder, 'ask.d.ts'), 'utf8')
    const declared = [...told.matchAll(/export declare const (\w+): \{\s*fields: ([^;]+);/g)]
    return new Map(declared.map(([, loss, union]) => [loss, [...union.matchAll(/"(\w+)"/g)].map(([, name]) => name)]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
