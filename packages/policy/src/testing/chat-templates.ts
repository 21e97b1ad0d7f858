import type { ChatMessage } from '../chat-template/chat-message.ts'

/** Templates written as the families write theirs, with their habits of white space and control. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  chatml: `{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,

  llama3: `{{- bos_token }}
{%- set ns = namespace(system='') %}
{%- if messages[0]['role'] == 'system' %}
    {%- set ns.system = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
    {{- '<|start_header_id|>system<|end_header_id|>\\n\\n' + ns.system + '<|eot_id|>' }}
{%- endif %}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
    {{- message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
`,

  llama2: `{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% else %}{% set loop_messages = messages %}{% set system = '' %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.first %}{% set content = system + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}`,

  gemma: `{{ bos_token }}{% for message in messages %}{% if message.role == 'assistant' %}{% set role = 'model' %}{% else %}{% set role = message.role %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + message.content | trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}`,

  phi3: `{% for message in messages %}{% if message['role'] in ['system', 'user'] and message['content'] %}{{'<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}`,

  thinking: `{%- set ns = namespace(last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- if message.role == 'user' and ns.last == messages|length - 1 and loop.index0 > 0 %}
        {%- set ns.last = messages|length - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content %}
        {%- if '</think>' in content and loop.index0 < ns.last %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>assistant\\n' + content + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}`,

  training: `{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- generation %}
            {%- if message.tool_calls %}
                {%- for call in message.tool_calls %}
                    {{- '<tool_call>' + (call | tojson) + '</tool_call>' }}
                {%- endfor %}
            {%- endif %}
            {{- message.content + '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}`,

  'training, spaced': `{{ bos_token }}
  {% set mood = 'calm' %}
{% for message in messages %}
  {% if message['role'] == 'assistant' %}
assistant:
  {% generation %}
  {{ message['content'] }}
  {% set mood = 'said' %}
  {% endgeneration %}
{{ mood }} {% generation -%}   {{ eos_token }}{%- endgeneration %} .
  {% else %}
{{ message['role'] }}: {{ message['content'] }}
  {% endif %}
{% endfor %}
`,
}

export const SPECIAL_TOKENS = { bos_token: '<s>', eos_token: '</s>' } as const

const said = (role: string, content: string, more: Readonly<Record<string, unknown>> = {}): ChatMessage => ({
  role,
  content,
  ...more,
})

export const CONVERSATIONS: readonly (readonly ChatMessage[])[] = [
  [said('user', 'hello')],
  [said('user', 'hello'), said('assistant', 'the world')],
  [
    said('system', ' Be kind.\n'),
    said('user', 'hé 😀'),
    said('assistant', '<think>\nin\n</think>\n\n  hello the 123'),
    said('user', 'a  world\n'),
    said('assistant', 'hello\n', { tool_calls: [{ name: 'f', arguments: { x: [1, 2.5, null], é: "it's <b>" } }] }),
  ],
]
