/** A text, and where its generation blocks are, in code points. */
export interface Rendered {
  readonly text: string
  readonly spans: readonly (readonly number[])[]
}

/**
 * Made from TEMPLATES with transformers 5.18.0: `render_jinja_template(…, return_assistant_tokens_mask=True)` of the
 * three conversations; the first and the last with a generation prompt.
 */
export const RENDERED: Readonly<Record<string, readonly Rendered[]>> = {
  chatml: [
    { text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n', spans: [] },
    { text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\nthe world<|im_end|>\n', spans: [] },
    {
      text: '<|im_start|>system\n Be kind.\n<|im_end|>\n<|im_start|>user\nh\u00e9 \ud83d\ude00<|im_end|>\n<|im_start|>assistant\n<think>\nin\n</think>\n\n  hello the 123<|im_end|>\n<|im_start|>user\na  world\n<|im_end|>\n<|im_start|>assistant\nhello\n<|im_end|>\n<|im_start|>assistant\n',
      spans: [],
    },
  ],
  llama3: [
    {
      text: '<s><|start_header_id|>user<|end_header_id|>\n\nhello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
      spans: [],
    },
    {
      text: '<s><|start_header_id|>user<|end_header_id|>\n\nhello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nthe world<|eot_id|>',
      spans: [],
    },
    {
      text: '<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nh\u00e9 \ud83d\ude00<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n<think>\nin\n</think>\n\n  hello the 123<|eot_id|><|start_header_id|>user<|end_header_id|>\n\na  world<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nhello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
      spans: [],
    },
  ],
  llama2: [
    { text: '<s>[INST] hello [/INST]', spans: [] },
    { text: '<s>[INST] hello [/INST] the world </s>', spans: [] },
    {
      text: '<s>[INST] <<SYS>>\n Be kind.\n\n<</SYS>>\n\nh\u00e9 \ud83d\ude00 [/INST] <think>\nin\n</think>\n\n  hello the 123 </s><s>[INST] a  world [/INST] hello </s>',
      spans: [],
    },
  ],
  gemma: [
    { text: '<s><start_of_turn>user\nhello<end_of_turn>\n<start_of_turn>model\n', spans: [] },
    { text: '<s><start_of_turn>user\nhello<end_of_turn>\n<start_of_turn>model\nthe world<end_of_turn>\n', spans: [] },
    {
      text: '<s><start_of_turn>system\nBe kind.<end_of_turn>\n<start_of_turn>user\nh\u00e9 \ud83d\ude00<end_of_turn>\n<start_of_turn>model\n<think>\nin\n</think>\n\n  hello the 123<end_of_turn>\n<start_of_turn>user\na  world<end_of_turn>\n<start_of_turn>model\nhello<end_of_turn>\n<start_of_turn>model\n',
      spans: [],
    },
  ],
  phi3: [
    { text: '<|user|>\nhello<|end|>\n<|assistant|>\n', spans: [] },
    { text: '<|user|>\nhello<|end|>\n<|assistant|>\nthe world<|end|>\n</s>', spans: [] },
    {
      text: '<|system|>\n Be kind.\n<|end|>\n<|user|>\nh\u00e9 \ud83d\ude00<|end|>\n<|assistant|>\n<think>\nin\n</think>\n\n  hello the 123<|end|>\n<|user|>\na  world\n<|end|>\n<|assistant|>\nhello\n<|end|>\n<|assistant|>\n',
      spans: [],
    },
  ],
  thinking: [
    { text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n', spans: [] },
    { text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\nthe world<|im_end|>\n', spans: [] },
    {
      text: '<|im_start|>system\n Be kind.\n<|im_end|>\n<|im_start|>user\nh\u00e9 \ud83d\ude00<|im_end|>\n<|im_start|>assistant\n  hello the 123<|im_end|>\n<|im_start|>user\na  world\n<|im_end|>\n<|im_start|>assistant\nhello\n<|im_end|>\n<|im_start|>assistant\n',
      spans: [],
    },
  ],
  training: [
    { text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n', spans: [] },
    { text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\nthe world<|im_end|>\n', spans: [[55, 74]] },
    {
      text: '<|im_start|>system\n Be kind.\n<|im_end|>\n<|im_start|>user\nh\u00e9 \ud83d\ude00<|im_end|>\n<|im_start|>assistant\n<think>\nin\n</think>\n\n  hello the 123<|im_end|>\n<|im_start|>user\na  world\n<|im_end|>\n<|im_start|>assistant\n<tool_call>{"name": "f", "arguments": {"x": [1, 2.5, null], "\u00e9": "it\'s <b>"}}</tool_call>hello\n<|im_end|>\n<|im_start|>assistant\n',
      spans: [
        [94, 140],
        [200, 305],
      ],
    },
  ],
  'training, spaced': [
    { text: '<s>\nuser: hello\n', spans: [] },
    {
      text: '<s>\nuser: hello\nassistant:\n  the world\ncalm </s> .\n',
      spans: [
        [27, 39],
        [44, 48],
      ],
    },
    {
      text: '<s>\nsystem:  Be kind.\n\nuser: h\u00e9 \ud83d\ude00\nassistant:\n  <think>\nin\n</think>\n\n  hello the 123\ncalm </s> .\nuser: a  world\n\nassistant:\n  hello\n\ncalm </s> .\n',
      spans: [
        [45, 84],
        [89, 93],
        [123, 132],
        [137, 141],
      ],
    },
  ],
}

/**
 * `assistant_masks` of transformers 5.18.0 (`apply_chat_template(…, return_assistant_tokens_mask=True)`) with the
 * tokenizers of FAMILIES, for the second and the third conversation.
 */
export const MASKS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  training: {
    gpt2: [
      '0000000000000000000000000000000000000000000000000001111111111110',
      '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000111111111111111111111111111111111000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
    llama3: [
      '0000000000000000000000000000000000000000000000000001111111111110',
      '000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000011111111111111111111111111111111000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
    qwen2: [
      '000000000000000000001110',
      '000000000000000000000000000000000000000000011111111111111111111100000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
    llama2: [
      '00000000000000000000000000000000000000000000000000001111111111110',
      '000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
    phi3: [
      '00000000000000000000000000000000000000000000000000001111111111110',
      '000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
    mistral: [
      '00000000000000000000000000000000000000000000000000001111111111110',
      '000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
    gemma: [
      '0000000000000000000000000000000000000000000000000001111111111110',
      '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001111111111111111111111111111111111000000000000000000000000000000000000000000000000000000011111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111110',
    ],
  },
  'training, spaced': {
    llama2: [
      '0000000000000000000001111000001000',
      '0000000000000000000000000000000000000000000001111111111111111111111111110000010000000000000000000000001111000001000',
    ],
    phi3: [
      '0000000000000000000001111000001000',
      '0000000000000000000000000000000000000000000001111111111111111111111111110000010000000000000000000000001111000001000',
    ],
    mistral: [
      '000000000000000000001111000001000',
      '000000000000000000000000000000000000000000001111111111111111111111111110000010000000000000000000000001111000001000',
    ],
  },
}
