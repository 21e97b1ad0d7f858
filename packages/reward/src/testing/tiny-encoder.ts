import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Protobuf fields as bytes, enough of the format for a small ONNX model. */
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))])
const int = (field: number, n: number): number[] => [...varint(field * 8), ...varint(n)]
const bytes = (field: number, of: Iterable<number>): number[] => {
  const content = [...of]
  return [...varint(field * 8 + 2), ...varint(content.length), ...content]
}
const text = (field: number, s: string): number[] => bytes(field, new TextEncoder().encode(s))

type Array1 = Float32Array | BigInt64Array

/** TensorProto: dims 1, data_type 2 (float 1, int64 7), name 8, raw_data 9. */
const tensor = (name: string, shape: readonly number[], data: Array1): number[] => [
  ...shape.flatMap((d) => int(1, d)),
  ...int(2, data instanceof Float32Array ? 1 : 7),
  ...text(8, name),
  ...bytes(9, new Uint8Array(data.buffer)),
]

/** NodeProto: input 1, output 2, op_type 4, attribute 5 (name 1, i 3, type 20). */
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): number[] => [
  ...inputs.flatMap((name) => text(1, name)),
  ...text(2, output),
  ...text(4, op),
  ...Object.entries(attributes).flatMap(([name, i]) => bytes(5, [...text(1, name), ...int(3, i), ...int(20, 2)])),
]

/** ValueInfoProto with named axes. */
const info = (name: string, type: number, axes: readonly string[]): number[] => [
  ...text(1, name),
  ...bytes(
    2,
    bytes(1, [
      ...int(1, type),
      ...bytes(
        2,
        axes.flatMap((axis) => bytes(1, text(2, axis))),
      ),
    ]),
  ),
]

export const VOCAB: readonly string[] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'moon', 'star', 'sun', 'sea', 'stone']
export const HIDDEN = 4
export const LABELS: readonly string[] = ['BAD', 'GOOD', 'FINE']

const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i))

const TABLE = numbers(VOCAB.length * HIDDEN, 1)
const TYPES = numbers(HIDDEN, 2)
const MIX = numbers(HIDDEN * HIDDEN, 3)
const HEAD = numbers(HIDDEN * LABELS.length, 4)

/**
 * A tiny encoder as an ONNX model:
 *
 *   h = tanh((table[id] + types[0]) · mix),  last_hidden_state = h + c,  logits = c · head,
 *
 * with c the mean of h over the tokens that the mask lets through, so padding that is not masked is seen; logits of
 * tokens are h · head.
 */
const onnx = (output: 'logits' | 'last_hidden_state', ofTokens: boolean): Uint8Array => {
  const nodes = [
    node('Gather', ['table', 'input_ids'], 'tokens'),
    node('Gather', ['types', 'token_type_ids'], 'kinds'),
    node('Add', ['tokens', 'kinds'], 'embedded'),
    node('MatMul', ['embedded', 'mix'], 'mixed'),
    node('Tanh', ['mixed'], 'h'),
    node('Cast', ['attention_mask'], 'seen', { to: 1 }),
    node('Unsqueeze', ['seen', 'last'], 'column'),
    node('Mul', ['h', 'column'], 'kept'),
    node('ReduceSum', ['kept', 'one'], 'sum'),
    node('ReduceSum', ['column', 'one'], 'count'),
    node('Div', ['sum', 'count'], 'c'),
    ...(output === 'logits'
      ? [node('Squeeze', ['c', 'one'], 'flat'), node('MatMul', [ofTokens ? 'h' : 'flat', 'head'], 'logits')]
      : [node('Add', ['h', 'c'], 'last_hidden_state')]),
  ]
  const weights = [
    tensor('table', [VOCAB.length, HIDDEN], TABLE),
    tensor('types', [1, HIDDEN], TYPES),
    tensor('mix', [HIDDEN, HIDDEN], MIX),
    tensor('head', [HIDDEN, LABELS.length], HEAD),
    tensor('one', [1], BigInt64Array.of(1n)),
    tensor('last', [1], BigInt64Array.of(2n)),
  ]
  const graph = [
    ...nodes.flatMap((n) => bytes(1, n)),
    ...text(2, 'tiny'),
    ...weights.flatMap((w) => bytes(5, w)),
    ...['input_ids', 'attention_mask', 'token_type_ids'].flatMap((name) => bytes(11, info(name, 7, ['rows', 'width']))),
    ...bytes(12, info(output, 1, output === 'logits' && !ofTokens ? ['rows', 'labels'] : ['rows', 'width', 'hidden'])),
  ]
  return Uint8Array.from([...int(1, 9), ...bytes(8, [...text(1, ''), ...int(2, 18)]), ...bytes(7, graph)])
}

/** h of one text's ids, and their mean c, in float64. */
const states = (ids: readonly number[]): { readonly h: number[][]; readonly c: number[] } => {
  const h = ids.map((id) =>
    Array.from({ length: HIDDEN }, (_, j) => {
      let sum = 0
      for (let i = 0; i < HIDDEN; i++) sum += (TABLE[id * HIDDEN + i]! + TYPES[i]!) * MIX[i * HIDDEN + j]!
      return Math.tanh(sum)
    }),
  )
  return { h, c: Array.from({ length: HIDDEN }, (_, j) => h.reduce((sum, row) => sum + row[j]!, 0) / h.length) }
}

/** What the model's logits are for ids without padding. */
export const expectedLogits = (ids: readonly number[]): number[] => {
  const { c } = states(ids)
  return LABELS.map((_, label) => c.reduce((sum, x, i) => sum + x * HEAD[i * LABELS.length + label]!, 0))
}

/** What its last hidden states are. */
export const expectedStates = (ids: readonly number[]): number[][] => {
  const { h, c } = states(ids)
  return h.map((row) => row.map((x, i) => x + c[i]!))
}

const special = (content: string, id: number) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
})
const tokenType = (kind: 'SpecialToken' | 'Sequence', id: string) => ({ [kind]: { id, type_id: 0 } })

/** Words, between [CLS] and [SEP]. */
const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: VOCAB.slice(0, 4).map(special),
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [tokenType('SpecialToken', '[CLS]'), tokenType('Sequence', 'A'), tokenType('SpecialToken', '[SEP]')],
    pair: [],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [VOCAB.indexOf(token)], tokens: [token] }]),
    ),
  },
  decoder: null,
  model: { type: 'WordLevel', vocab: Object.fromEntries(VOCAB.map((word, id) => [word, id])), unk_token: '[UNK]' },
}

/** A tiny encoder in transformers.js's layout, in a new directory. */
export const tinyEncoder = async (
  output: 'logits' | 'last_hidden_state',
  config: object = {},
  ofTokens = false,
): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'gfnlm-encoder-'))
  await mkdir(join(directory, 'onnx'))
  const json = (name: string, value: object): Promise<void> => writeFile(join(directory, name), JSON.stringify(value))
  await json('config.json', {
    model_type: 'bert',
    max_position_embeddings: 8,
    id2label: Object.fromEntries(LABELS.map((label, i) => [i, label])),
    ...config,
  })
  await json('tokenizer.json', TOKENIZER)
  await json('tokenizer_config.json', { pad_token: '[PAD]', tokenizer_class: 'BertTokenizer', model_max_length: 6 })
  await writeFile(join(directory, 'onnx', 'model.onnx'), onnx(output, ofTokens))
  return directory
}
