interface Described {
  /** What it is for, as help shows it. */
  readonly about: string
  /** One letter: `-n`. */
  readonly short?: string
}

/** An option that takes text. `many`: it may be given again. */
export interface TextOption extends Described {
  readonly type: 'text'
  /** What help calls the value: DIR. */
  readonly value: string
  readonly default?: string
  readonly required?: true
  readonly many?: true
}

/** An option that takes a number. */
export interface NumberOption extends Described {
  readonly type: 'number'
  readonly value: string
  readonly default?: number
  readonly whole?: true
  readonly from?: number
  readonly to?: number
}

export interface FlagOption extends Described {
  readonly type: 'flag'
}

export type Option = TextOption | NumberOption | FlagOption

/** A command's options by their long names. */
export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { readonly type: 'flag' }
  ? boolean
  : O extends { readonly many: true }
    ? readonly string[]
    : O extends { readonly type: 'text' }
      ? O extends { readonly required: true } | { readonly default: string }
        ? string
        : string | undefined
      : O extends { readonly default: number }
        ? number
        : number | undefined

/** What a command is given: its options' values by name. */
export type Values<T extends Options> = { readonly [K in keyof T]: ValueOf<T[K]> }

/** An argument without a name. */
export interface Positional {
  readonly name: string
  readonly about: string
}
