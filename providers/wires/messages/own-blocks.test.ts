import { describe, expect, it } from 'vitest';
import type { ProviderCall, ProviderMessage, ProviderPart } from '../../provider.ts';
import { makeProvider } from '../../registry/registry.ts';
import { ask } from '../../testing/calls.ts';
import { cut, replay } from '../../testing/replay.ts';
import { sse } from '../../testing/wire-server.ts';

const use = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } };
const result = {
  type: 'web_search_tool_result',
  tool_use_id: 's1',
  content: [{ type: 'web_search_result', url: 'https://x.test', encrypted_content: 'Eo8=' }],
};
const fresh = { type: 'block_of_the_future', deep: { list: [1, null] } };

async function open(kind: 'ANTHROPIC' | 'OPENAI_COMPATIBLE', body: string, sent: { body?: string } = {}) {
  const answer = replay(() => cut(body, []));
  return makeProvider({
    kind,
    baseUrl: 'http://upstream.test/v1',
    region: null,
    secret: 'k',
    fetch: async (url, init) => {
      sent.body = String(init?.body);
      return answer(url, init);
    },
  });
}

const event = (type: string, fields: object) => ({ type, ...fields });
const streamed = sse(
  event('message_start', { message: { id: 'm', content: [], usage: { input_tokens: 3 } } }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'I search.' } }),
  event('content_block_stop', { index: 0 }),
  event('content_block_start', { index: 1, content_block: { ...use, input: {} } }),
  event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '{"query"' } }),
  event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: ':"x"}' } }),
  event('content_block_stop', { index: 1 }),
  event('content_block_start', { index: 2, content_block: result }),
  event('content_block_stop', { index: 2 }),
  event('content_block_start', { index: 3, content_block: fresh }),
  event('content_block_start', { index: 4, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 4, delta: { type: 'text_delta', text: 'Found.' } }),
  event('message_delta', {
    delta: { stop_reason: 'pause_turn', stop_sequence: null },
    usage: { output_tokens: 2 },
  }),
  event('message_stop', {}),
);
const whole = JSON.stringify({
  type: 'message',
  content: [{ type: 'text', text: 'I search.' }, use, result, fresh, { type: 'text', text: 'Found.' }],
  stop_reason: 'stop_sequence',
  stop_sequence: 'END',
  usage: { input_tokens: 3, output_tokens: 2 },
});

describe('blocks that messages have and others have not', () => {
  it('are passed on whole, each where it ends', async () => {
    const provider = await open('ANTHROPIC', streamed);
    const parts: ProviderPart[] = await Array.fromAsync(provider.stream(ask('claude-sonnet-4-5', 'q')));
    expect(parts.filter(({ type }) => type !== 'usage')).toMatchObject([
      { type: 'text', text: 'I search.' },
      { type: 'provider-block', format: 'messages', block: use },
      { type: 'provider-block', format: 'messages', block: result },
      { type: 'text', text: 'Found.' },
      { type: 'provider-block', format: 'messages', block: fresh },
      { type: 'finish', reason: 'STOP', detail: 'pause_turn' },
    ]);
  });

  it('stand in a whole answer with the text before them', async () => {
    const { text, extras } = await (await open('ANTHROPIC', whole)).generate(ask('claude-sonnet-4-5', 'q'));
    expect(text).toBe('I search.Found.');
    expect(extras?.providerBlocks).toEqual(
      [use, result, fresh].map((block) => ({ format: 'messages', block, textOffset: 9 })),
    );
    expect(extras?.finish).toEqual({ detail: 'stop_sequence', stopSequence: 'END' });
  });

  const own = (block: object) => ({ type: 'text', text: '', own: { messages: block as never } }) as const;
  const messages: readonly ProviderMessage[] = [
    { role: 'user', parts: [{ type: 'text', text: 'q' }, own(fresh)] },
    {
      role: 'assistant',
      text: 'I search.Found.',
      toolCalls: [{ id: 't1', name: 'f', arguments: {} }],
      parts: [
        { type: 'text', text: 'I search.' },
        own(use),
        own(result),
        { type: 'text', text: 'Found.', own: { messages: { citations: [{ url: 'u' }] } } },
        { ...own({ cache_control: { type: 'ephemeral', ttl: '1h' } }), cache: true },
      ],
    },
    { role: 'tool', toolCallId: 't1', toolName: 'f', content: 'done' },
  ];
  const call: ProviderCall = {
    ...ask('claude-sonnet-4-5', 'q'),
    messages,
    tools: [
      {
        name: 'f',
        parameters: { type: 'object', properties: {} },
        own: { messages: { defer_loading: true } },
      },
    ],
    providerTools: { messages: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }] },
    toolChoice: 'web_search',
  };

  it('are sent back unchanged and in their places, with the fields of parts and tools', async () => {
    const sent: { body?: string } = {};
    await (await open('ANTHROPIC', whole, sent)).generate(call);
    const body = JSON.parse(sent.body ?? '');
    expect(body.messages.slice(0, 2)).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'q' }, fresh] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I search.' },
          use,
          result,
          { type: 'text', text: 'Found.', citations: [{ url: 'u' }] },
          {
            type: 'tool_use',
            id: 't1',
            name: 'f',
            input: {},
            cache_control: { type: 'ephemeral', ttl: '1h' },
          },
        ],
      },
    ]);
    expect(body.tools).toMatchObject([
      { name: 'f', defer_loading: true },
      { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
    ]);
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'web_search' });
  });

  it('are left out for other wire formats, by name, with the choice of a tool that is left out', async () => {
    const sent: { body?: string } = {};
    const answer = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }] };
    const provider = await open('OPENAI_COMPATIBLE', JSON.stringify(answer), sent);
    await provider.generate(call);
    const body = JSON.parse(sent.body ?? '');
    expect(body.messages).toMatchObject([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'I search.Found.', tool_calls: [{ id: 't1' }] },
      { role: 'tool', content: 'done' },
    ]);
    expect(body.tools).toHaveLength(1);
    expect(body.tool_choice).toBeUndefined();
    expect(sent.body).not.toMatch(/web_search|block_of_the_future|citations|defer_loading|ttl/);
    expect(provider.dropped?.(call)).toEqual([
      ...['messages.block_of_the_future', 'messages.server_tool_use', 'messages.web_search_tool_result'],
      ...['messages.citations', 'messages.cache_control', 'tools.defer_loading', 'tools.web_search_20250305'],
    ]);
  });

  it.each([
    { type: 'container_upload', file_id: 'file_1' },
    { type: 'document', source: { type: 'file', file_id: 'file_1' } },
    { type: 'tool_result', content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }] },
  ])('are refused where they name a file of the account: %o', async (block) => {
    const sent: { body?: string } = {};
    const provider = await open('ANTHROPIC', whole, sent);
    const asked = { ...call, messages: [{ role: 'user', parts: [own(block)] }] } as ProviderCall;
    await expect(provider.generate(asked)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(sent.body).toBeUndefined();
  });

  it('have the features in beta of the client byte for byte, and after them those that are translated', async () => {
    const betas = ['a-2025-01-01', ' b;x=1 ', 'pdfs-2024-09-25'];
    const headers: string[] = [];
    const provider = await makeProvider({
      kind: 'ANTHROPIC',
      baseUrl: 'http://upstream.test/v1',
      region: null,
      secret: 'k',
      fetch: async (url, init) => {
        headers.push(new Headers(init?.headers).get('anthropic-beta') ?? '');
        return replay(() => cut(whole, []))(url, init);
      },
    });
    const asked = {
      ...ask('claude-sonnet-4-5', 'q'),
      ...(call.tools === undefined ? {} : { tools: call.tools }),
    };
    await provider.generate({ ...asked, providerOptions: { anthropic: { betas } } });
    const pdf = { type: 'file', mediaType: 'application/pdf', data: 'JVBERi0=' } as const;
    const messagesWithPdf = [{ role: 'user', parts: [pdf] }] as const;
    await provider.generate({
      ...asked,
      messages: messagesWithPdf,
      providerOptions: { anthropic: { betas: ['x'] } },
    });
    expect(headers).toEqual(['a-2025-01-01, b;x=1 ,pdfs-2024-09-25', 'x,pdfs-2024-09-25']);
  });
});
