import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-sdk-0';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin } from '#test/e2e/scenarios/setup.ts';
import { openChatUpstream, sendChatText } from '#test/support/chat-upstream.ts';
import { type MessagesMesh, nameMessagesModels, openMessagesMesh } from '#test/support/messages-mesh.ts';
import { sendBlocks } from '#test/support/messages-upstream.ts';

const models = nameMessagesModels();
const { chatModel, claudeModel } = models;
let upstream: MessagesMesh;
beforeAll(async () => {
  upstream = await openMessagesMesh(models);
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => upstream.reset());

const user = (content: string) => ({ role: 'user' as const, content });
const lastClaude = () => upstream.claude.requests.at(-1);

/** Both majors have the same interface, as far as it is used here. */
const majors = [
  ['@anthropic-ai/sdk 1', Anthropic],
  ['@anthropic-ai/sdk 0', Anthropic0 as unknown as typeof Anthropic],
] as const;

describe.each(majors)('%s', (sdk, Client) => {
  const client = (options: { readonly maxRetries?: number; readonly apiKey?: string } = {}) =>
    new Client({ baseURL: upstream.mesh.url, apiKey: upstream.mesh.adminKey, maxRetries: 0, ...options });
  const isFirst = sdk.endsWith('0');

  it('sends signed and encrypted thinking back as it came', async () => {
    const blocks = [
      { type: 'thinking', thinking: 'Hm.', signature: 'EqQB+/==' },
      { type: 'redacted_thinking', data: 'cipher+/==' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
    ];
    upstream.answerMessages = (request, response) => sendBlocks(request, response, blocks, 'tool_use');
    const ask = {
      model: claudeModel,
      max_tokens: 4_000,
      thinking: { type: 'enabled' as const, budget_tokens: 2_000 },
      tools: [{ name: 'f', input_schema: { type: 'object' as const } }],
    };
    const whole = await client().messages.create({ ...ask, messages: [user('Hi')] });
    const streamed = await client()
      .messages.stream({ ...ask, messages: [user('Hi')] })
      .finalMessage();
    expect(whole.content).toEqual(blocks);
    expect(streamed.content).toEqual(blocks);
    await client().messages.create({
      ...ask,
      messages: [
        user('Hi'),
        { role: 'assistant', content: streamed.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
      ],
    });
    expect(lastClaude()?.body.messages[1]).toEqual({ role: 'assistant', content: blocks });
    const elsewhere = await client().messages.create({
      ...ask,
      model: chatModel,
      messages: [
        user('Hi'),
        { role: 'assistant', content: streamed.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
      ],
    });
    expect(elsewhere.stop_reason).toBe('end_turn');
    expect(JSON.stringify(upstream.chat.bodies.at(-1))).not.toMatch(/EqQB|cipher/);
  });

  it('sends every field of the dialect, system blocks and cache points unchanged to Anthropic', async () => {
    const cached = { cache_control: { type: 'ephemeral' as const } };
    const { response } = await client()
      .messages.create(
        {
          model: claudeModel,
          max_tokens: 50,
          system: [
            { type: 'text', text: 'You are short.' },
            { type: 'text', text: 'Be kind.', ...cached },
          ],
          messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...cached }] }],
          stop_sequences: ['END'],
          service_tier: 'auto',
          metadata: { user_id: 'user_1_session_2' },
          ...(isFirst ? { temperature: 0.5, top_k: 5 } : {}),
          ...({ vendor_extension: { deep: [1] } } as object),
        },
        { headers: { 'anthropic-beta': 'interleaved-thinking-2025-05-14,fine-grained-2025' } },
      )
      .withResponse();
    expect(response.headers.get('x-heddle-dropped')).toBeNull();
    expect(lastClaude()?.headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14,fine-grained-2025');
    expect(lastClaude()?.body).toMatchObject({
      max_tokens: 50,
      system: [
        { type: 'text', text: 'You are short.' },
        { type: 'text', text: 'Be kind.', ...cached },
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...cached }] }],
      stop_sequences: ['END'],
      service_tier: 'auto',
      metadata: { user_id: 'user_1_session_2' },
      vendor_extension: { deep: [1] },
      ...(isFirst ? { temperature: 0.5, top_k: 5 } : {}),
    });
  });

  it('names in x-heddle-dropped what another provider does not take, and answers all the same', async () => {
    const { data, response } = await client()
      .messages.create(
        {
          model: chatModel,
          max_tokens: 50,
          messages: [user('Hi')],
          tools: [{ type: 'web_search_20250305', name: 'web_search' }],
          tool_choice: { type: 'tool', name: 'web_search' },
          service_tier: 'auto',
        },
        { headers: { 'anthropic-beta': 'x-2025-01-01' } },
      )
      .withResponse();
    expect(data.content).toMatchObject([{ type: 'text', text: 'Hello you' }]);
    expect(response.headers.get('x-heddle-dropped')?.split(', ')).toEqual([
      'tools.web_search_20250305',
      'service_tier',
      'betas',
    ]);
  });

  it('fails with the class, type, id and advice of Anthropic’s errors', async () => {
    const ask = (asked: object, options = {}) =>
      client(options).messages.create({ model: chatModel, max_tokens: 10, messages: [user('Hi')], ...asked });
    const error = (await ask({ model: 'claude-none' }).catch((thrown: unknown) => thrown)) as InstanceType<
      typeof Anthropic.APIError
    >;
    expect(error).toBeInstanceOf(Client.NotFoundError);
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect(error.requestID).toMatch(/^[0-9a-f-]{36}$/);
    expect(error.headers?.get('x-should-retry')).toBe('false');
    await expect(ask({ messages: [] })).rejects.toBeInstanceOf(Client.BadRequestError);
    await expect(ask({}, { apiKey: `hd_none_${'0'.repeat(40)}` })).rejects.toMatchObject({
      status: 401,
      error: { error: { type: 'authentication_error' } },
    });
    upstream.answerChat = (_body, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: 'maximum context length', code: 'context_length_exceeded' } }),
      );
    };
    for (const stream of [false, true]) {
      const long = (await ask({ stream }).catch((thrown: unknown) => thrown)) as Error;
      expect(long).toMatchObject({ status: 400 });
      expect(long.message).toContain('prompt is too long');
    }
    upstream.answerChat = (_body, response) => void response.writeHead(429).end();
    await expect(ask({})).rejects.toMatchObject({
      status: 529,
      error: { error: { type: 'overloaded_error' } },
    });
  });

  it('is tried again by the SDK where that helps', async () => {
    const before = upstream.chat.bodies.length;
    upstream.answerChat = (body, response, number) => {
      if (number > before + 3) return sendChatText(body, response, 'Hello you');
      response.writeHead(503).end();
    };
    const message = await client({ maxRetries: 5 }).messages.create({
      model: chatModel,
      max_tokens: 10,
      messages: [user('Hi')],
    });
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello you' }]);
  });

  it('cancels the call of the provider when the client leaves', async () => {
    await using own = await openChatUpstream((_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
    });
    const root = admin(() => upstream.mesh);
    const id = `left-a${sdk.slice(-1)}`;
    await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
      input: { id, kind: 'OPENAI_COMPATIBLE', baseUrl: own.url, apiKey: 'k-0123456789012345' },
    });
    await root.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
      input: { providerId: id, name: 'any' },
    });
    const stream = await client().messages.create({
      model: `${id}/any`,
      max_tokens: 10,
      messages: [user('Hi')],
      stream: true,
    });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await own.left;
  });

  it('counts the tokens of an input, and states that it is an estimate', async () => {
    const asked = { model: claudeModel, system: 'Be short.', messages: [user('x'.repeat(400))] };
    const { data, response } = await client().messages.countTokens(asked).withResponse();
    expect(data.input_tokens).toBeGreaterThan(100);
    expect(data.input_tokens).toBeLessThan(130);
    expect(response.headers.get('x-heddle-estimated')).toBe('true');
    await expect(client().messages.countTokens({ ...asked, model: 'claude-none' })).rejects.toBeInstanceOf(
      Client.NotFoundError,
    );
  });

  it('lists the models that the key may call, in pages, and finds each by its id', async () => {
    const first = await client().models.list({ limit: 2 });
    expect(first.data).toHaveLength(2);
    expect(first.has_more).toBe(true);
    const all = await Array.fromAsync(client().models.list({ limit: 1000 }));
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(['demo/echo', claudeModel, chatModel]));
    const inPages = (await Array.fromAsync(client().models.list({ limit: 2 }))).map(({ id }) => id);
    // Others add AI models to this mesh meanwhile: none that was there is missing, and none comes twice.
    expect(inPages).toEqual(expect.arrayContaining(all.map(({ id }) => id)));
    expect(new Set(inPages).size).toBe(inPages.length);
    expect(await client().models.retrieve('demo/echo')).toMatchObject({ type: 'model', id: 'demo/echo' });
    await expect(client().models.retrieve('demo/none')).rejects.toBeInstanceOf(Client.NotFoundError);
  });
});
