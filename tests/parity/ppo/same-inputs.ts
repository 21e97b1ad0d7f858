import type { Json } from '../json.ts'
import type { Vector } from '../layouts.ts'

/** The inputs of a case, with those of the case that it names under `same_inputs_as`. */
export const inputsOf = ({ inputs }: Vector, others: readonly Vector[]): Readonly<Record<string, Json>> => {
  const { same_inputs_as: name, ...own } = inputs
  if (name === undefined) return own
  const other = others.find((vector) => vector.name === name)
  if (other === undefined) throw new Error(`same_inputs_as: no case ${JSON.stringify(name)} in this file`)
  return { ...other.inputs, ...own }
}
