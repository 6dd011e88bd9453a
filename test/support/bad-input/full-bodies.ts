import { type Dialect, png, user } from './cases.ts';

/** Bodies with every field that is translated. */
export const fullBodies: Readonly<Record<Dialect, Readonly<Record<string, unknown>>>> = {
  chat: {
    model: 'demo/echo',
    messages: [
      { role: 'system', content: 'x', name: 'x' },
      user([
        { type: 'text', text: 'x' },
        { type: 'image_url', image_url: { url: `${png}AAAA`, detail: 'low' } },
      ]),
      {
        role: 'assistant',
        content: 'x',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'x' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'f', description: 'x', parameters: { type: 'object' }, strict: true },
      },
    ],
    tool_choice: 'auto',
    temperature: 1,
    top_p: 1,
    max_tokens: 10,
    stop: ['x'],
    n: 1,
    seed: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    logprobs: false,
    parallel_tool_calls: true,
    reasoning_effort: 'low',
    user: 'u1',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'x', description: 'x', strict: false, schema: { type: 'object' } },
    },
  },
  responses: {
    model: 'demo/echo',
    instructions: 'x',
    input: [
      user([
        { type: 'input_text', text: 'x' },
        { type: 'input_image', image_url: `${png}AAAA` },
      ]),
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'x' },
    ],
    tools: [{ type: 'function', name: 'f', description: 'x', parameters: { type: 'object' }, strict: true }],
    tool_choice: 'auto',
    temperature: 1,
    top_p: 1,
    max_output_tokens: 10,
    parallel_tool_calls: true,
    reasoning: { effort: 'low' },
    text: {
      format: { type: 'json_schema', name: 'x', description: 'x', strict: false, schema: { type: 'object' } },
    },
    include: [],
    metadata: {},
    user: 'u1',
    store: true,
  },
  anthropic: {
    model: 'demo/echo',
    max_tokens: 10,
    system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
    messages: [
      user([
        { type: 'text', text: 'x' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      ]),
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: {} }] },
      user([
        { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'x' }], is_error: false },
      ]),
    ],
    tools: [{ name: 'f', description: 'x', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto' },
    temperature: 1,
    top_p: 1,
    stop_sequences: ['x'],
    metadata: { user_id: 'u1' },
    thinking: { type: 'disabled' },
    output_config: { effort: 'low' },
  },
};

type Path = readonly (string | number)[];

/** The places of all values inside a value. */
export function listPaths(value: unknown, path: Path = []): Path[] {
  const inner =
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([key, one]) =>
          listPaths(one, [...path, Array.isArray(value) ? Number(key) : key]),
        );
  return path.length === 0 ? inner : [path, ...inner];
}

/** A copy with another value at a place. */
export function replaceAt(value: unknown, [key, ...rest]: Path, other: unknown): unknown {
  if (key === undefined) return other;
  if (Array.isArray(value)) return value.map((one, at) => (at === key ? replaceAt(one, rest, other) : one));
  const fields = value as Readonly<Record<string, unknown>>;
  return { ...fields, [key]: replaceAt(fields[key], rest, other) };
}
