import { expect, it } from 'vitest'
import { describingFiles, shardsOf } from './hub-files.ts'

it.each([
  ['config.json', true],
  ['generation_config.json', true],
  ['tokenizer.json', true],
  ['chat_template.jinja', true],
  ['additional_chat_templates/tool_use.jinja', true],
  ['modules.json', true],
  ['sentence_bert_config.json', true],
  ['1_Pooling/config.json', true],
  ['2_Dense/config.json', false],
  ['../1_Pooling/config.json', false],
  ['vocab.json', false],
  ['onnx/config.json', false],
  ['../config.json', false],
  ['additional_chat_templates/../../x.jinja', false],
])('%s describes a model: %s', (file, does) => expect(describingFiles([file])).toEqual(does ? [file] : []))

it('an index counts where there is no single file', () => {
  const index = 'model.safetensors.index.json'
  expect(describingFiles([index])).toEqual([index])
  expect(describingFiles([index, 'model.safetensors'])).toEqual([])
})

it.each([null, 3, {}, { weight_map: {} }, { weight_map: { a: 1 } }, { weight_map: { a: '../x.safetensors' } }])(
  '%j is no index',
  (index) => expect(shardsOf(index)).toBeUndefined(),
)
