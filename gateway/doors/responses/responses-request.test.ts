import { describe, expect, it } from 'vitest';
import { toShownTool } from '#core/secrets/tool-secrets.ts';
import { accountTools, mcp, tokens, vendorItems, vendorTools } from '#test/support/vendor-items.ts';
import { WrongField } from '../body-fields.ts';
import { readInputItems, readItemMessages } from './input-items.ts';
import { readResponsesRequest } from './responses-request.ts';

const read = (body: Record<string, unknown>) =>
  readResponsesRequest({ model: 'demo/echo', ...body }, readInputItems(body.input ?? 'Hi'));
const messages = (items: readonly Record<string, unknown>[]) => readItemMessages(items);
const fn = (name: string) => ({ type: 'function', name, parameters: { type: 'object', properties: {} } });
const later = { ...fn('later'), defer_loading: true };

describe('the items of an input', () => {
  it('that an AI model answered at once are one message, with its reasoning, text and calls', () => {
    expect(
      messages([
        { role: 'user', content: 'Hi' },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'Hm' }],
          encrypted_content: 'x',
        },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Wait.' }] },
        { type: 'function_call', call_id: 'c1', name: 'a', arguments: '{"n":1}' },
        { type: 'function_call', call_id: 'c2', name: 'b', arguments: '' },
        { type: 'function_call_output', call_id: 'c1', output: 'one' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
      ]),
    ).toEqual([
      { role: 'USER', content: 'Hi' },
      {
        role: 'ASSISTANT',
        content: 'Wait.',
        // new-api #6592: reasoning is never a message of the user.
        reasoning: [{ text: 'Hm', redacted: 'x', signature: 'rs_1', provider: 'OPENAI' }],
        toolCalls: [
          { id: 'c1', name: 'a', arguments: { n: 1 } },
          { id: 'c2', name: 'b', arguments: {} },
        ],
      },
      { role: 'TOOL', toolCallId: 'c1', content: 'one' },
      { role: 'TOOL', toolCallId: 'c2', content: 'two' },
    ]);
  });

  it('may have arguments as an object, and unknown fields (new-api #4432, LiteLLM PR 35062)', () => {
    const call = {
      type: 'function_call',
      call_id: 'c',
      name: 'a',
      arguments: { n: 1 },
      phase: 'x',
      logprobs: [],
    };
    expect(messages([call])).toMatchObject([{ toolCalls: [{ arguments: { n: 1 } }] }]);
  });

  it('of tools that a vendor runs are never refused (new-api #5938): they go to it in their places', () => {
    const search = { type: 'web_search_call', id: 'ws_1' };
    const call = { type: 'mcp_call', id: 'mcp_1' };
    const read = messages([
      call,
      { role: 'user', content: 'Hi' },
      search,
      { role: 'assistant', content: 'Found.' },
    ]);
    expect(read).toEqual([
      { role: 'ASSISTANT', parts: [{ text: '', providerOptions: { responses: call } }] },
      { role: 'USER', content: 'Hi' },
      {
        role: 'ASSISTANT',
        parts: [{ text: '', providerOptions: { responses: search } }, { text: 'Found.' }],
      },
    ]);
  });

  it.each(['in_c1_0', `msg_${'0'.repeat(29)}`])('lack the ID %s, which was made here', (id) => {
    const said = { type: 'message', id, status: 'completed', content: 'Hi' };
    expect(
      messages([
        { ...said, role: 'user' },
        { ...said, role: 'assistant' },
      ]),
    ).toEqual([
      { role: 'USER', content: 'Hi' },
      { role: 'ASSISTANT', content: 'Hi' },
    ]);
  });

  it.each([
    [{ role: 'robot', content: 'x' }, 'input[0].role'],
    [{ type: 'function_call', name: 'a', arguments: '{}' }, 'input[0].call_id'],
    [{ type: 'function_call_output', output: 'x' }, 'input[0].call_id'],
    [{ type: 'function_call_output', call_id: 'c0', output: 'x' }, 'input[0].call_id'],
    [{ type: 'custom_tool_call_output', call_id: 'c0', output: 'x' }, 'input[0].call_id'],
    [{ type: 'compaction' }, 'input[0].encrypted_content'],
    [{ type: 'reasoning', summary: 'x' }, 'input[0].summary'],
    [{ type: 7 }, 'input[0].type'],
    [{ role: 'user', content: [{ type: 'video' }] }, 'input[0].content[0].type'],
  ])('that are wrong are refused by their place: %j', (item, param) => {
    expect(() => messages([item])).toThrow(WrongField);
    expect(() => messages([item])).toThrow(expect.objectContaining({ param }));
  });
});

describe('a request of responses', () => {
  it('keeps every limit and setting that it states (Bifrost #6457)', () => {
    const { input } = read({
      max_output_tokens: 7,
      temperature: 0.1,
      top_p: 0.2,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'x', schema: { type: 'object' } } },
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
      truncation: 'auto',
      prompt_cache_key: 'k',
      safety_identifier: 'u',
    });
    expect(input).toMatchObject({
      maxOutputTokens: 7,
      temperature: 0.1,
      topP: 0.2,
      reasoningEffort: 'low',
      responseSchema: { type: 'object' },
      logprobs: true,
      topLogprobs: 2,
      endUserId: 'u',
      providerOptions: {
        responses: {
          truncation: 'auto',
          prompt_cache_key: 'k',
          text: { verbosity: 'low' },
          reasoning: { summary: 'auto' },
        },
      },
    });
  });

  it('leaves to the vendor every tool that is no function, and a choice of one (Bifrost #3170, #3596)', () => {
    const tools = [...vendorTools, ...accountTools, { type: 'web_search_preview_2025_03_11' }];
    const { input, dropped, repeated } = read({
      tools: [fn('a'), ...tools],
      tool_choice: { type: 'web_search' },
    });
    expect(input.tools?.map(({ name }) => name)).toEqual(['a']);
    expect(input.providerTools).toEqual({ responses: tools });
    expect([input.toolChoice, input.providerToolChoice]).toEqual([
      undefined,
      { responses: { type: 'web_search' } },
    ]);
    expect(dropped).toEqual([]);
    expect(repeated.tools).toMatchObject([
      { type: 'function', name: 'a', strict: null },
      ...tools.map(toShownTool),
    ]);
    expect(() => read({ tools: [{ type: '' }] })).toThrow(
      expect.objectContaining({ param: 'tools[0].type' }),
    );
  });

  it.each([
    ['a tool', [mcp]],
    ['a namespace of the client', [{ type: 'namespace', name: 'n', tools: [fn('a'), mcp] }]],
    ['a namespace of the vendor', [{ type: 'namespace', name: 'n', tools: [mcp, later] }]],
    ['a custom tool', [{ type: 'custom', name: 'c', extra: mcp }]],
    ['a custom tool with one more level', [{ type: 'custom', custom: { name: 'c', extra: mcp } }]],
  ])('repeats no credential that stands in %s', (_, tools) => {
    const text = JSON.stringify(read({ tools }).repeated);
    expect(text).toContain('mcp.example.com');
    for (const token of tokens) expect(text).not.toContain(token);
  });

  it.each(['auto', 'required', undefined])(
    'reads the choice %s of tools that a vendor runs alone',
    (choice) => {
      const { input } = read({ tools: [{ type: 'web_search' }], tool_choice: choice });
      expect(input.toolChoice).toBe(choice);
      expect(input.tools).toBeUndefined();
    },
  );

  it('names a choice of a tool where there is none', () => {
    const { input, dropped } = read({ tool_choice: { type: 'web_search' } });
    expect([input.providerToolChoice, dropped]).toEqual([undefined, ['tool_choice (web_search)']]);
  });

  it('leaves calls in a namespace that the vendor searches to it, with their results, and no others', () => {
    const later = { type: 'function', name: 'f', defer_loading: true };
    const tools = [
      { type: 'namespace', name: 'a', tools: [later] },
      { type: 'namespace', name: 'b', tools: [{ type: 'function', name: 'f' }] },
    ];
    const call = (namespace: string) => ({
      ...{ type: 'function_call', call_id: `call_${namespace}`, name: 'f', arguments: '{}' },
      namespace,
    });
    const result = (id: string) => ({ type: 'function_call_output', call_id: `call_${id}`, output: 'x' });
    const input = [call('a'), result('a'), call('b'), result('b')];
    const read = readResponsesRequest({ model: 'm', tools }, input).input;
    expect(read.providerTools).toEqual({ responses: [tools[0]] });
    expect(read.messages).toMatchObject([
      {
        parts: [
          { providerOptions: { responses: call('a') } },
          { providerOptions: { responses: result('a') } },
        ],
        toolCalls: [{ id: 'call_b', name: 'b__f' }],
      },
      { role: 'TOOL', toolCallId: 'call_b' },
    ]);
  });

  it('leaves a compaction of the vendor to it, where it compacts the conversation', () => {
    const item = { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAA' };
    const input = [item, { role: 'user', content: 'Hi' }];
    const context_management = [{ type: 'compaction', compact_threshold: 1_000 }];
    const read = readResponsesRequest({ model: 'm', context_management }, input).input;
    expect(read.messages[0]).toMatchObject({ parts: [{ providerOptions: { responses: item } }] });
    expect(() => readResponsesRequest({ model: 'm' }, input)).toThrow(WrongField);
  });

  it('leaves it to the vendor which of its tools and of the functions are allowed', () => {
    const tools = [{ type: 'web_search' }, { type: 'custom', name: 'a' }];
    const choice = { type: 'allowed_tools', mode: 'auto', tools };
    for (const given of [choice, { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } }]) {
      const { input } = read({ tools: [fn('a'), fn('b'), { type: 'web_search' }], tool_choice: given });
      expect(input.tools?.map(({ name }) => name)).toEqual(['a', 'b']);
      expect(input.providerToolChoice).toEqual({
        responses: { ...choice, tools: [{ type: 'web_search' }, { type: 'function', name: 'a' }] },
      });
    }
  });

  it('sends what only tools of a vendor include in an answer', () => {
    const include = [
      'reasoning.encrypted_content',
      'file_search_call.results',
      'message.output_text.logprobs',
    ];
    expect(read({ include }).input.providerOptions).toEqual({
      responses: { include: ['file_search_call.results'] },
    });
    expect(() => read({ include: [7] })).toThrow(expect.objectContaining({ param: 'include[0]' }));
  });

  it('keeps what the vendor did between two blocks of reasoning between them', () => {
    const reasoning = (text: string) => ({ type: 'reasoning', summary: [{ type: 'summary_text', text }] });
    const [listed, called] = vendorItems;
    const items = [{ role: 'user', content: 'Hello' }, reasoning('A'), listed, reasoning('B'), called];
    const { input } = readResponsesRequest({ model: 'm' }, items as never);
    expect(input.messages.slice(1)).toMatchObject([
      { reasoning: [{ text: 'A' }], parts: [{ providerOptions: { responses: listed } }] },
      { reasoning: [{ text: 'B' }], parts: [{ providerOptions: { responses: called } }] },
    ]);
  });

  it.each([
    ['auto', 'auto', ['a', 'b']],
    ['none', 'none', ['a', 'b']],
    ['required', 'required', ['a', 'b']],
    [{ type: 'function', name: 'b' }, 'b', ['a', 'b']],
    [{ type: 'custom', name: 'b' }, 'b', ['a', 'b']],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'b' }] },
      'required',
      ['b'],
    ],
    [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'a' }] }, 'auto', ['a']],
  ])('reads the tool choice %j', (choice, toolChoice, names) => {
    const { input } = read({ tools: [fn('a'), fn('b')], tool_choice: choice });
    expect(input.toolChoice).toBe(toolChoice);
    expect(input.tools?.map(({ name }) => name)).toEqual(names);
  });

  it('shows the grammar of a custom tool to every AI model', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };
    const { input } = read({ tools: [{ type: 'custom', name: 'patch', description: 'Patches.', format }] });
    expect(input.tools?.[0]?.description).toBe(
      'Patches.\n\nThe input must match this lark grammar:\nstart: "x"',
    );
  });
});
