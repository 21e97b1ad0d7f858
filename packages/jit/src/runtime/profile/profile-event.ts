/** One thing that ONNX Runtime timed in a session; times in microseconds since the session's profile began. */
export interface ProfileEvent {
  /** What was timed: the session (`model_run`), one operator (on a GPU: its dispatch), or one kernel on a GPU. */
  readonly kind: 'session' | 'operator' | 'kernel'
  /** The operator's type, or what the session did. */
  readonly name: string
  /** Who ran it: CPU, WebGpu, CUDA; empty for the session. */
  readonly provider: string
  readonly at: number
  readonly took: number
  /** Shapes of what went in (packed weights are left out) and came out. A kernel's are as its program sees them. */
  readonly inputs: readonly Shape[]
  readonly outputs: readonly Shape[]
  /** Whether it reads or makes floats; index arithmetic does not. */
  readonly floats: boolean
}

type Shape = readonly number[]

/** A line of the file, as far as it is read here. */
interface Line {
  readonly cat: string
  readonly name: string
  readonly ts: number
  readonly dur: number
  readonly args: {
    readonly op_name?: string
    readonly provider?: string
    readonly input_type_shape?: readonly Readonly<Record<string, Shape>>[]
    readonly output_type_shape?: readonly Readonly<Record<string, Shape>>[]
    /** Of a kernel: `inputs[0] = {8,64} outputs[0] = {8} `. */
    readonly shapes?: string
  }
}

const typed = (shapes: Line['args']['input_type_shape']): readonly Shape[] =>
  (shapes ?? []).map((entry) => Object.values(entry)[0] ?? [])

const isFloat = (shapes: Line['args']['input_type_shape']): boolean =>
  (shapes ?? []).some((entry) => /float|double/.test(Object.keys(entry)[0] ?? ''))

const spelled = (shapes: string | undefined, which: 'inputs' | 'outputs'): readonly Shape[] =>
  [...(shapes ?? '').matchAll(/(inputs|outputs)\[\d+\] = \{([\d,]*)\}/g)].flatMap(([, side, list]) =>
    side === which ? [list === '' ? [] : list!.split(',').map(Number)] : [],
  )

const eventOf = ({ cat, name, ts: at, dur: took, args }: Line): ProfileEvent | undefined => {
  switch (cat) {
    case 'Session':
      return { kind: 'session', name, provider: '', at, took, inputs: [], outputs: [], floats: false }
    case 'Node':
      return {
        kind: 'operator',
        name: args.op_name ?? name,
        provider: (args.provider ?? '').replace(/ExecutionProvider$/, ''),
        at,
        took,
        inputs: typed(args.input_type_shape),
        outputs: typed(args.output_type_shape),
        floats: isFloat(args.input_type_shape) || isFloat(args.output_type_shape),
      }
    // WebGPU's: `node&operator&program`
    case 'Api':
      return {
        kind: 'kernel',
        name: name.split('&')[1] || name,
        provider: 'WebGpu',
        at,
        took,
        inputs: spelled(args.shapes, 'inputs'),
        outputs: spelled(args.shapes, 'outputs'),
        floats: true,
      }
    default:
      return undefined
  }
}

/** The events of a profile that ONNX Runtime wrote: a JSON array with one event a line. */
export function* profileEvents(lines: Iterable<string>): Generator<ProfileEvent> {
  for (const line of lines) {
    if (!line.startsWith('{')) continue
    const event = eventOf(JSON.parse(line.replace(/,\s*$/, '')) as Line)
    if (event !== undefined) yield event
  }
}
