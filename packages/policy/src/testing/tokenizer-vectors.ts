/** Texts that tell the families apart. */
export const TEXTS: readonly string[] = [
  'hello world',
  "  hello   the world's\n\n\n 1234 caf\u00e9",
  'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
  '\ufeffhello\u0085 \u00a0x',
  '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
  '[INST] hello [/INST] world</s>',
  '<bos><start_of_turn>in\n\nhello',
  '<|begin_of_text|>the<|eot_id|> a',
  '<|im_start|> hello<|im_end|>\n<think>the',
  "\u0120\u2581<0x41>\u0000'S",
  '',
  ' a',
]

/** What Rust's tokenizers gives for each text (ids, decoded without and with special tokens). */
export interface Encoded {
  readonly ids: readonly number[]
  readonly skipped: string
  readonly whole: string
}

/** Made from FAMILIES with tokenizers 0.23.2: `Tokenizer.from_file`, `encode(text)`, `decode(ids)`. */
export const ENCODED: Readonly<Record<string, readonly Encoded[]>> = {
  gpt2: [
    { ids: [264, 270], skipped: 'hello world', whole: 'hello world' },
    {
      ids: [32, 265, 273, 32, 257, 270, 271, 272, 10, 32, 276, 52, 32, 99, 97, 102, 277],
      skipped: "  hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "  hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [257, 32, 101, 204, 129, 32, 279, 128, 32, 230, 151, 165, 230, 156, 172, 232, 170, 158],
      skipped: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [239, 187, 191, 264, 194, 133, 32, 194, 160, 120],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '\ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [
        60, 115, 62, 264, 60, 47, 115, 62, 32, 257, 60, 124, 101, 110, 100, 124, 62, 273, 10, 265, 32, 60, 124, 109, 97,
        115, 107, 124, 62, 260, 60, 47, 115, 62,
      ],
      skipped: '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
      whole: '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
    },
    {
      ids: [91, 73, 78, 83, 84, 93, 265, 32, 91, 47, 73, 78, 83, 84, 93, 270, 60, 47, 115, 62],
      skipped: '[INST] hello [/INST] world</s>',
      whole: '[INST] hello [/INST] world</s>',
    },
    {
      ids: [
        60, 98, 111, 115, 62, 60, 115, 116, 97, 114, 116, 95, 111, 102, 95, 116, 117, 114, 110, 62, 261, 10, 10, 264,
      ],
      skipped: '<bos><start_of_turn>in\n\nhello',
      whole: '<bos><start_of_turn>in\n\nhello',
    },
    {
      ids: [
        60, 124, 98, 101, 103, 261, 95, 111, 102, 95, 116, 101, 120, 116, 124, 62, 257, 60, 124, 101, 111, 116, 95, 105,
        100, 124, 62, 260,
      ],
      skipped: '<|begin_of_text|>the<|eot_id|> a',
      whole: '<|begin_of_text|>the<|eot_id|> a',
    },
    {
      ids: [
        60, 124, 105, 109, 95, 115, 116, 97, 114, 116, 124, 62, 265, 60, 124, 105, 109, 95, 101, 110, 100, 124, 62, 10,
        60, 116, 104, 261, 107, 62, 257,
      ],
      skipped: '<|im_start|> hello<|im_end|>\n<think>the',
      whole: '<|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [196, 160, 226, 150, 129, 60, 48, 120, 52, 49, 62, 0, 39, 83],
      skipped: "\u0120\u2581<0x41>\u0000'S",
      whole: "\u0120\u2581<0x41>\u0000'S",
    },
    { ids: [], skipped: '', whole: '' },
    { ids: [260], skipped: ' a', whole: ' a' },
  ],
  llama3: [
    { ids: [280, 264, 270], skipped: 'hello world', whole: '<|begin_of_text|>hello world' },
    {
      ids: [280, 32, 265, 273, 259, 270, 271, 272, 10, 32, 276, 52, 32, 99, 97, 102, 277],
      skipped: "  hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "<|begin_of_text|>  hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [280, 257, 32, 101, 204, 129, 32, 279, 128, 32, 230, 151, 165, 230, 156, 172, 232, 170, 158],
      skipped: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: '<|begin_of_text|>the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [280, 239, 187, 191, 264, 194, 133, 32, 194, 160, 120],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '<|begin_of_text|>\ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [
        280, 60, 115, 62, 264, 60, 47, 115, 62, 259, 60, 124, 101, 110, 100, 124, 62, 273, 10, 265, 32, 60, 124, 109,
        97, 115, 107, 124, 62, 260, 60, 47, 115, 62,
      ],
      skipped: '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
      whole: '<|begin_of_text|><s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
    },
    {
      ids: [280, 91, 73, 78, 83, 84, 93, 265, 32, 91, 47, 73, 78, 83, 84, 93, 270, 60, 47, 115, 62],
      skipped: '[INST] hello [/INST] world</s>',
      whole: '<|begin_of_text|>[INST] hello [/INST] world</s>',
    },
    {
      ids: [
        280, 60, 98, 111, 115, 62, 60, 115, 116, 97, 114, 116, 95, 111, 102, 95, 116, 117, 114, 110, 62, 261, 272, 264,
      ],
      skipped: '<bos><start_of_turn>in\n\nhello',
      whole: '<|begin_of_text|><bos><start_of_turn>in\n\nhello',
    },
    { ids: [280, 280, 257, 281, 260], skipped: 'the a', whole: '<|begin_of_text|><|begin_of_text|>the<|eot_id|> a' },
    {
      ids: [
        280, 60, 124, 105, 109, 95, 115, 116, 97, 114, 116, 124, 62, 265, 60, 124, 105, 109, 95, 101, 110, 100, 124, 62,
        10, 60, 116, 104, 261, 107, 62, 257,
      ],
      skipped: '<|im_start|> hello<|im_end|>\n<think>the',
      whole: '<|begin_of_text|><|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [280, 196, 160, 226, 150, 129, 60, 48, 120, 52, 49, 62, 0, 39, 83],
      skipped: "\u0120\u2581<0x41>\u0000'S",
      whole: "<|begin_of_text|>\u0120\u2581<0x41>\u0000'S",
    },
    { ids: [280], skipped: '', whole: '<|begin_of_text|>' },
    { ids: [280, 260], skipped: ' a', whole: '<|begin_of_text|> a' },
  ],
  qwen2: [
    { ids: [264, 270], skipped: 'hello world', whole: 'hello world' },
    {
      ids: [32, 265, 273, 32, 257, 270, 271, 272, 10, 32, 49, 50, 51, 52, 32, 99, 97, 102, 277],
      skipped: "  hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "  hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [257, 32, 277, 32, 279, 128, 32, 230, 151, 165, 230, 156, 172, 232, 170, 158],
      skipped: 'the \u00e9 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: 'the \u00e9 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [239, 187, 191, 264, 194, 133, 32, 194, 160, 120],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '\ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [
        60, 115, 62, 264, 60, 47, 115, 62, 32, 257, 60, 124, 101, 110, 100, 124, 62, 273, 10, 265, 32, 60, 124, 109, 97,
        115, 107, 124, 62, 260, 60, 47, 115, 62,
      ],
      skipped: '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
      whole: '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
    },
    {
      ids: [91, 73, 78, 83, 84, 93, 265, 32, 91, 47, 73, 78, 83, 84, 93, 270, 60, 47, 115, 62],
      skipped: '[INST] hello [/INST] world</s>',
      whole: '[INST] hello [/INST] world</s>',
    },
    {
      ids: [60, 98, 111, 115, 62, 60, 115, 116, 97, 114, 116, 95, 111, 102, 95, 116, 117, 114, 110, 62, 261, 272, 264],
      skipped: '<bos><start_of_turn>in\n\nhello',
      whole: '<bos><start_of_turn>in\n\nhello',
    },
    {
      ids: [
        60, 124, 98, 101, 103, 261, 95, 111, 102, 95, 116, 101, 120, 116, 124, 62, 257, 60, 124, 101, 111, 116, 95, 105,
        100, 124, 62, 260,
      ],
      skipped: '<|begin_of_text|>the<|eot_id|> a',
      whole: '<|begin_of_text|>the<|eot_id|> a',
    },
    {
      ids: [281, 265, 282, 10, 283, 257],
      skipped: ' hello\n<think>the',
      whole: '<|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [196, 160, 226, 150, 129, 60, 48, 120, 52, 49, 62, 0, 39, 83],
      skipped: "\u0120\u2581<0x41>\u0000'S",
      whole: "\u0120\u2581<0x41>\u0000'S",
    },
    { ids: [], skipped: '', whole: '' },
    { ids: [260], skipped: ' a', whole: ' a' },
  ],
  llama2: [
    { ids: [1, 310, 315], skipped: 'hello world', whole: '<s> hello world' },
    {
      ids: [1, 316, 310, 316, 259, 302, 315, 42, 278, 299, 299, 299, 259, 318, 295, 55, 259, 262, 260, 265, 300],
      skipped: "  hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "<s>   hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [1, 259, 302, 259, 264, 207, 132, 259, 243, 162, 155, 131, 259, 233, 154, 168, 233, 159, 175, 235, 173, 161],
      skipped: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: '<s> the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [1, 259, 242, 190, 194, 309, 197, 136, 259, 197, 163, 283],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '<s> \ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [
        1, 1, 310, 2, 316, 302, 63, 127, 264, 273, 263, 127, 65, 316, 299, 310, 259, 63, 127, 272, 260, 278, 270, 127,
        65, 305, 2,
      ],
      skipped: 'hello  the<|end|>  \n hello <|mask|> a',
      whole: '<s><s> hello</s>  the<|end|>  \n hello <|mask|> a</s>',
    },
    {
      ids: [1, 319, 322, 291, 310, 319, 292, 322, 291, 315, 2],
      skipped: '[INST] hello [/INST] world',
      whole: '<s> [INST] hello [/INST] world</s>',
    },
    {
      ids: [
        1, 259, 63, 261, 274, 278, 65, 63, 278, 279, 260, 277, 279, 98, 274, 265, 98, 279, 280, 277, 273, 65, 306, 299,
        299, 309,
      ],
      skipped: '<bos><start_of_turn>in\n\nhello',
      whole: '<s> <bos><start_of_turn>in\n\nhello',
    },
    {
      ids: [
        1, 259, 63, 127, 261, 264, 266, 306, 98, 274, 265, 98, 279, 264, 283, 279, 127, 65, 302, 63, 127, 264, 274, 279,
        98, 268, 263, 127, 65, 305,
      ],
      skipped: '<|begin_of_text|>the<|eot_id|> a',
      whole: '<s> <|begin_of_text|>the<|eot_id|> a',
    },
    {
      ids: [
        1, 259, 63, 127, 268, 272, 98, 278, 279, 260, 277, 279, 127, 65, 310, 63, 127, 268, 272, 98, 264, 273, 263, 127,
        65, 299, 63, 279, 267, 306, 270, 65, 302,
      ],
      skipped: '<|im_start|> hello<|im_end|>\n<think>the',
      whole: '<s> <|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [1, 259, 199, 163, 259, 63, 51, 283, 55, 293, 65, 3, 42, 288],
      skipped: "\u0120 <0x41>\u0000'S",
      whole: "<s> \u0120 <0x41>\u0000'S",
    },
    { ids: [1], skipped: '', whole: '<s>' },
    { ids: [1, 259, 305], skipped: ' a', whole: '<s>  a' },
  ],
  phi3: [
    { ids: [313, 318], skipped: 'hello world', whole: 'hello world' },
    {
      ids: [319, 313, 319, 262, 305, 318, 45, 281, 302, 302, 302, 262, 321, 298, 58, 262, 265, 263, 268, 303],
      skipped: "  hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "  hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [262, 305, 262, 267, 210, 135, 262, 246, 165, 158, 134, 262, 236, 157, 171, 236, 162, 178, 238, 176, 164],
      skipped: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [262, 245, 193, 197, 312, 200, 139, 262, 200, 166, 286],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '\ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [1, 313, 2, 262, 305, 4, 313, 5, 262, 308, 2],
      skipped: 'hello</s> the hello  a</s>',
      whole: '<s> hello</s> the<|end|> hello<|mask|>  a</s>',
    },
    {
      ids: [322, 325, 294, 313, 322, 295, 325, 294, 318, 2],
      skipped: '[INST] hello [/INST] world</s>',
      whole: '[INST] hello [/INST] world</s>',
    },
    {
      ids: [
        262, 66, 264, 277, 281, 68, 66, 281, 282, 263, 280, 282, 101, 277, 268, 101, 282, 283, 280, 276, 68, 309, 302,
        302, 312,
      ],
      skipped: '<bos><start_of_turn>in\n\nhello',
      whole: '<bos><start_of_turn>in\n\nhello',
    },
    {
      ids: [
        262, 66, 130, 264, 267, 269, 309, 101, 277, 268, 101, 282, 267, 286, 282, 130, 68, 305, 66, 130, 267, 277, 282,
        101, 271, 266, 130, 68, 308,
      ],
      skipped: '<|begin_of_text|>the<|eot_id|> a',
      whole: '<|begin_of_text|>the<|eot_id|> a',
    },
    {
      ids: [
        262, 66, 130, 271, 275, 101, 281, 282, 263, 280, 282, 130, 68, 313, 66, 130, 271, 275, 101, 267, 276, 266, 130,
        68, 302, 66, 282, 270, 309, 273, 68, 305,
      ],
      skipped: '<|im_start|> hello<|im_end|>\n<think>the',
      whole: '<|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [262, 202, 166, 262, 66, 54, 286, 58, 296, 68, 6, 45, 291],
      skipped: "\u0120 <0x41>\u0000'S",
      whole: "\u0120 <0x41>\u0000'S",
    },
    { ids: [], skipped: '', whole: '' },
    { ids: [262, 308], skipped: ' a', whole: ' a' },
  ],
  mistral: [
    { ids: [1, 312, 317], skipped: 'hello world', whole: '<s> hello world' },
    {
      ids: [1, 261, 312, 318, 261, 304, 317, 44, 280, 301, 301, 301, 261, 320, 297, 57, 261, 264, 262, 267, 302],
      skipped: " hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "<s>  hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [1, 261, 304, 261, 266, 209, 134, 261, 245, 164, 157, 133, 261, 235, 156, 170, 235, 161, 177, 237, 175, 163],
      skipped: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: '<s> the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [1, 261, 244, 192, 196, 311, 199, 138, 261, 199, 165, 285],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '<s> \ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [
        1, 1, 311, 2, 261, 304, 65, 129, 266, 275, 265, 129, 67, 318, 301, 312, 261, 65, 129, 274, 262, 280, 272, 129,
        67, 307, 2,
      ],
      skipped: 'hello the<|end|>  \n hello <|mask|> a',
      whole: '<s><s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
    },
    { ids: [1, 3, 312, 261, 4, 317, 2], skipped: 'hello  world', whole: '<s>[INST] hello [/INST] world</s>' },
    {
      ids: [
        1, 261, 65, 263, 276, 280, 67, 65, 280, 281, 262, 279, 281, 100, 276, 267, 100, 281, 282, 279, 275, 67, 308,
        301, 301, 311,
      ],
      skipped: '<bos><start_of_turn>in\n\nhello',
      whole: '<s> <bos><start_of_turn>in\n\nhello',
    },
    {
      ids: [
        1, 261, 65, 129, 263, 266, 268, 308, 100, 276, 267, 100, 281, 266, 285, 281, 129, 67, 304, 65, 129, 266, 276,
        281, 100, 270, 265, 129, 67, 307,
      ],
      skipped: '<|begin_of_text|>the<|eot_id|> a',
      whole: '<s> <|begin_of_text|>the<|eot_id|> a',
    },
    {
      ids: [
        1, 261, 65, 129, 270, 274, 100, 280, 281, 262, 279, 281, 129, 67, 312, 65, 129, 270, 274, 100, 266, 275, 265,
        129, 67, 301, 65, 281, 269, 308, 272, 67, 304,
      ],
      skipped: '<|im_start|> hello<|im_end|>\n<think>the',
      whole: '<s> <|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [1, 261, 201, 165, 261, 65, 53, 285, 57, 295, 67, 5, 44, 290],
      skipped: "\u0120 <0x41>\u0000'S",
      whole: "<s> \u0120 <0x41>\u0000'S",
    },
    { ids: [1], skipped: '', whole: '<s>' },
    { ids: [1, 307], skipped: 'a', whole: '<s> a' },
  ],
  gemma: [
    { ids: [2, 312, 318], skipped: 'hello world', whole: '<bos>hello world' },
    {
      ids: [2, 262, 313, 319, 262, 305, 318, 45, 281, 5, 302, 262, 321, 298, 58, 262, 265, 263, 268, 303],
      skipped: "  hello   the world's\n\n\n 1234 caf\u00e9",
      whole: "<bos>  hello   the world's\n\n\n 1234 caf\u00e9",
    },
    {
      ids: [2, 305, 262, 267, 210, 135, 262, 246, 165, 158, 134, 262, 236, 157, 171, 236, 162, 178, 238, 176, 164],
      skipped: 'the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
      whole: '<bos>the e\u0301 \ud83d\ude00 \u65e5\u672c\u8a9e',
    },
    {
      ids: [2, 245, 193, 197, 312, 200, 139, 262, 200, 166, 286],
      skipped: '\ufeffhello\u0085 \u00a0x',
      whole: '<bos>\ufeffhello\u0085 \u00a0x',
    },
    {
      ids: [
        2, 66, 281, 68, 312, 66, 295, 281, 68, 262, 305, 66, 130, 267, 276, 266, 130, 68, 319, 302, 313, 262, 66, 130,
        275, 263, 281, 273, 130, 68, 308, 66, 295, 281, 68,
      ],
      skipped: '<s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
      whole: '<bos><s>hello</s> the<|end|>  \n hello <|mask|> a</s>',
    },
    {
      ids: [2, 293, 325, 294, 313, 322, 295, 325, 294, 318, 66, 295, 281, 68],
      skipped: '[INST] hello [/INST] world</s>',
      whole: '<bos>[INST] hello [/INST] world</s>',
    },
    { ids: [2, 2, 4, 309, 5, 312], skipped: 'in\n\nhello', whole: '<bos><bos><start_of_turn>in\n\nhello' },
    {
      ids: [
        2, 66, 130, 264, 267, 269, 309, 101, 277, 268, 101, 282, 267, 286, 282, 130, 68, 305, 66, 130, 267, 277, 282,
        101, 271, 266, 130, 68, 308,
      ],
      skipped: '<|begin_of_text|>the<|eot_id|> a',
      whole: '<bos><|begin_of_text|>the<|eot_id|> a',
    },
    {
      ids: [
        2, 66, 130, 271, 275, 101, 281, 282, 263, 280, 282, 130, 68, 313, 66, 130, 271, 275, 101, 267, 276, 266, 130,
        68, 302, 66, 282, 270, 309, 273, 68, 305,
      ],
      skipped: '<|im_start|> hello<|im_end|>\n<think>the',
      whole: '<bos><|im_start|> hello<|im_end|>\n<think>the',
    },
    {
      ids: [2, 202, 166, 262, 66, 54, 286, 58, 296, 68, 6, 45, 291],
      skipped: "\u0120 <0x41>\u0000'S",
      whole: "<bos>\u0120 <0x41>\u0000'S",
    },
    { ids: [2], skipped: '', whole: '<bos>' },
    { ids: [2, 308], skipped: ' a', whole: '<bos> a' },
  ],
}
