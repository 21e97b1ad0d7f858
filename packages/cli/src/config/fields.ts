import type { Device } from '@gfnlm/jit'
import * as v from 'valibot'
import { isDevice } from '../device.ts'

// Each message says what belongs there; `describe-issue.ts` puts what was found before it.

/** An object of these fields and no other; the message of an unknown one lists them. */
export const fields = <E extends v.ObjectEntries>(
  entries: E,
): v.StrictObjectSchema<E, v.ErrorMessage<v.StrictObjectIssue>> =>
  v.strictObject(entries, ({ expected }) =>
    expected === 'never'
      ? Object.keys(entries).join(', ')
      : expected === 'Object'
        ? 'an object of fields'
        : 'it has no default',
  )

export const text = (): v.GenericSchema<unknown, string> => v.pipe(v.string('text'), v.nonEmpty('text'))

export const whole = (from: number): v.GenericSchema<unknown, number> => {
  const says = `a whole number from ${from}`
  return v.pipe(v.number(says), v.safeInteger(says), v.minValue(from, says))
}

export const number = (): v.GenericSchema<unknown, number> => v.pipe(v.number('a number'), v.finite('a number'))

export const atLeast0 = (): v.GenericSchema<unknown, number> => {
  const says = 'a number from 0'
  return v.pipe(v.number(says), v.finite(says), v.minValue(0, says))
}

export const above0 = (): v.GenericSchema<unknown, number> => {
  const says = 'a number above 0'
  return v.pipe(
    v.number(says),
    v.finite(says),
    v.check((x) => x > 0, says),
  )
}

export const fraction = (): v.GenericSchema<unknown, number> => {
  const says = 'a number from 0 to 1'
  return v.pipe(v.number(says), v.minValue(0, says), v.maxValue(1, says))
}

export const below1 = (): v.GenericSchema<unknown, number> => {
  const says = 'a number from 0 to below 1'
  return v.pipe(
    v.number(says),
    v.minValue(0, says),
    v.check((x) => x < 1, says),
  )
}

export const oneOf = <const A extends readonly string[]>(words: A): v.GenericSchema<unknown, A[number]> =>
  v.picklist(words, `one of ${words.join(', ')}`)

export const flag = (): v.GenericSchema<unknown, boolean> => v.boolean('true or false')

export const device = (): v.GenericSchema<unknown, Device> =>
  v.custom<Device>(
    (given) => typeof given === 'string' && isDevice(given),
    'one of cpu, webgpu, cuda, tfjs:cpu, tfjs:wasm, tfjs:tensorflow',
  )

/** A token by its string or its id. */
export const token = (): v.GenericSchema<unknown, string | number> =>
  v.union([text(), whole(0)], 'a token: its text or its id')

/** A field that may be written short: `reward: likelihood` for `reward: { kind: likelihood }`. */
export const shortFor = <A>(field: string, schema: v.GenericSchema<unknown, A>): v.GenericSchema<unknown, A> =>
  v.pipe(
    v.unknown(),
    v.transform((given): unknown => (typeof given === 'string' ? { [field]: given } : given)),
    schema,
  )
