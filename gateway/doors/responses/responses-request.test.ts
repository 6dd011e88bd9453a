import { describe, expect, it } from 'vitest';
import { WrongField } from '../body-fields.ts';
import { readInputItems, readItemMessages } from './input-items.ts';
import { readResponsesRequest } from './responses-request.ts';

const read = (body: Record<string, unknown>) =>
  readResponsesRequest({ model: 'demo/echo', ...body }, readInputItems(body.input ?? 'Hi'));
const messages = (items: readonly Record<string, unknown>[]) => readItemMessages(items).messages;
const fn = (name: string) => ({ type: 'function', name, parameters: { type: 'object', properties: {} } });

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

  it('of tools that a vendor runs are never refused (new-api #5938): searches go to it, others are dropped and named', () => {
    const search = { type: 'web_search_call', id: 'ws_1' };
    const { messages: read, dropped } = readItemMessages([
      { type: 'mcp_call', id: 'mcp_1' },
      { role: 'user', content: 'Hi' },
      search,
      { role: 'assistant', content: 'Found.' },
    ]);
    expect(read).toEqual([
      { role: 'USER', content: 'Hi' },
      {
        role: 'ASSISTANT',
        parts: [{ text: '', providerOptions: { responses: search } }, { text: 'Found.' }],
      },
    ]);
    expect(dropped).toEqual(['input[0] (mcp_call)']);
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

  it('drops and names tools that a vendor runs, and a choice of one (Bifrost #3170, #3596)', () => {
    const { input, dropped, repeated } = read({
      tools: [fn('a'), { type: 'tool_search', description: 'x' }, { type: 'mcp', server_label: 's' }],
      tool_choice: { type: 'web_search' },
    });
    expect(input.tools?.map(({ name }) => name)).toEqual(['a']);
    expect(input.toolChoice).toBeUndefined();
    expect(dropped).toEqual(['tools[1] (tool_search)', 'tools[2] (mcp)', 'tool_choice (web_search)']);
    expect(repeated.tools).toMatchObject([{ type: 'function', name: 'a', strict: null }]);
  });

  const auto = { type: 'auto' };
  it.each([
    [{ type: 'web_search', external_web_access: false }, true],
    [{ type: 'web_search_preview_2025_03_11', search_context_size: 'low' }, true],
    [{ type: 'x_search' }, true],
    [{ type: 'code_interpreter', container: auto }, true],
    [{ type: 'code_interpreter', container: { ...auto, file_ids: [] } }, true],
    [{ type: 'code_interpreter', container: { ...auto, file_ids: ['file_1'] } }, false],
    [{ type: 'code_interpreter', container: 'cntr_1' }, false],
    [{ type: 'code_interpreter' }, false],
    [{ type: 'file_search', vector_store_ids: ['vs_1'] }, false],
    [{ type: 'mcp', server_url: 'https://x.test' }, false],
    [{ type: 'image_generation' }, false],
    [{ type: 'computer_use_preview' }, false],
    [{ type: 'web_searcher' }, false],
  ])('leaves to the vendor what reaches nothing of its account: %j %s', (tool, isSent) => {
    for (const choice of ['auto', 'required', undefined]) {
      const { input, dropped, repeated } = read({ tools: [tool], tool_choice: choice });
      expect(input.providerTools).toEqual(isSent ? { responses: [tool] } : undefined);
      expect(input.toolChoice).toBe(isSent ? choice : undefined);
      expect(dropped).toEqual(isSent ? [] : [`tools[0] (${tool.type})`]);
      expect(repeated.tools).toEqual(isSent ? [tool] : []);
    }
  });

  it('drops and names what only tools of a vendor include in an answer', () => {
    const include = [
      'reasoning.encrypted_content',
      'file_search_call.results',
      'message.output_text.logprobs',
    ];
    expect(read({ include }).dropped).toEqual(['include (file_search_call.results)']);
    expect(() => read({ include: [7] })).toThrow(expect.objectContaining({ param: 'include[0]' }));
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
