import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Types whose declarations spell out, for each export, the fields that its input must have; 'none' for no loss. */
const question = (index: string, exports: readonly string[]): string => `
import type * as losses from ${JSON.stringify(index)}
type InputOf<F> = F extends (given: infer In) => infer Out
  ? Out extends losses.Terms ? In : InputOf<Out>
  : F extends (...given: never[]) => infer Out ? InputOf<Out> : never
type GivesTerms<F> = F extends (...given: never[]) => infer Out
  ? Out extends losses.Terms ? true : GivesTerms<Out>
  : false
type Required<T> = [T] extends [never] ? 'any' : { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T]
const tell = <F>(_: F): { fields: GivesTerms<F> extends true ? Required<InputOf<F>> : 'none' } => ({}) as never
${exports.map((name) => `export const ${name} = tell(null! as typeof losses.${name})`).join('\n')}
`

/**
 * The losses among a package's exports, which are what gives terms at last, with the required fields of what each is
 * given, as the compiler has them from the declarations. 'any' alone stands for an input that depends on the options.
 */
export const requiredInputs = (
  index: string,
  exports: readonly string[],
  tsc: string,
): ReadonlyMap<string, readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'loss-table-'))
  try {
    writeFileSync(join(folder, 'ask.ts'), question(index, exports))
    const flags = ['--strict', '--skipLibCheck', '--declaration', '--emitDeclarationOnly', '--noErrorTruncation']
    const how = ['--module', 'nodenext', '--target', 'es2022', '--types', '', '--ignoreConfig']
    execFileSync(process.execPath, [tsc, ...flags, ...how, join(folder, 'ask.ts')], { stdio: 'pipe' })
    const told = readFileSync(join(folder, 'ask.d.ts'), 'utf8')
    const declared = [...told.matchAll(/export declare const (\w+): \{\s*fields: ([^;]+);/g)]
    const fields = declared.map(
      ([, name, union]) => [name, [...union.matchAll(/"(\w+)"/g)].map(([, field]) => field)] as const,
    )
    return new Map(fields.filter(([, [first]]) => first !== 'none'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
