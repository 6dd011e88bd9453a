import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-sdk-0';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin } from '#test/e2e/scenarios/setup.ts';
import {
  type AnswerChat,
  type ChatUpstream,
  openChatUpstream,
  sendChatCall,
  sendChatText,
} from '#test/support/chat-upstream.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import {
  type AnswerMessages,
  type MessagesUpstream,
  openMessagesUpstream,
  sendBlocks,
} from '#test/support/messages-upstream.ts';

let answerMessages: AnswerMessages;
let answerChat: AnswerChat;
let claude: MessagesUpstream;
let chat: ChatUpstream;
let mesh: TestMesh;
beforeAll(async () => {
  claude = await openMessagesUpstream((...asked) => answerMessages(...asked));
  chat = await openChatUpstream((...asked) => answerChat(...asked));
  mesh = await startOneProcess({
    ANTHROPIC_BASE_URL: claude.url,
    ANTHROPIC_API_KEY: 'claude-key-0123456789',
    OPENAI_COMPATIBLE_BASE_URL: chat.url,
    OPENAI_COMPATIBLE_API_KEY: 'upstream-key-0123456789',
  });
  for (const [providerId, name] of [
    ['openai-compatible', 'any'],
    ['anthropic', 'claude-haiku-4-5-test'],
  ]) {
    await admin(() => mesh).data(
      'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
      { input: { providerId, name } },
    );
  }
});
afterAll(async () => {
  await mesh[Symbol.asyncDispose]();
  await claude[Symbol.asyncDispose]();
  await chat[Symbol.asyncDispose]();
});
beforeEach(() => {
  answerMessages = (request, response) =>
    sendBlocks(request, response, [{ type: 'text', text: 'Hello you' }]);
  answerChat = (body, response) => sendChatText(body, response, 'Hello you');
});

const claudeModel = 'anthropic/claude-haiku-4-5-test';
const chatModel = 'openai-compatible/any';
const user = (content: string) => ({ role: 'user' as const, content });
const lastClaude = () => claude.requests.at(-1);

/** Both majors have the same interface, as far as it is used here. */
const majors = [
  ['@anthropic-ai/sdk 1', Anthropic],
  ['@anthropic-ai/sdk 0', Anthropic0 as unknown as typeof Anthropic],
] as const;

describe.each(majors)('%s', (sdk, Client) => {
  const client = (options: { readonly maxRetries?: number; readonly apiKey?: string } = {}) =>
    new Client({ baseURL: mesh.url, apiKey: mesh.adminKey, maxRetries: 0, ...options });
  const isFirst = sdk.endsWith('0');

  describe.each([
    ['a Claude', claudeModel],
    ['a chat completions model', chatModel],
  ])('before %s', (_behind, model) => {
    const ask = { model, max_tokens: 100, messages: [user('Hi')] };

    it('answers a text whole and streamed, with usage and one end', async () => {
      const message = await client().messages.create(ask);
      expect(message).toMatchObject({
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text: 'Hello you' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
      });
      expect(message.usage.output_tokens).toBe(2);
      const events = await Array.fromAsync(await client().messages.create({ ...ask, stream: true }));
      const starts = events.filter((event) => event.type === 'message_start');
      expect(starts).toHaveLength(1);
      // A Claude counts its input before it answers; that of others is estimated.
      const known = model === claudeModel ? message.usage.input_tokens : expect.any(Number);
      expect(starts[0]?.message.usage.input_tokens).toEqual(known);
      expect(starts[0]?.message.usage.input_tokens).toBeGreaterThan(0);
      expect(events.at(-1)?.type).toBe('message_stop');
      const streamed = await client().messages.stream(ask).finalMessage();
      expect(streamed.content).toMatchObject([{ type: 'text', text: 'Hello you' }]);
      expect(streamed.stop_reason).toBe('end_turn');
      expect(streamed.usage.output_tokens).toBe(2);
    });

    it('runs a loop of tool calls, whose ids, arguments and results come and go unchanged', async () => {
      answerMessages = (request, response) => {
        const isAnswered = JSON.stringify(request.body.messages).includes('tool_result');
        if (isAnswered) return sendBlocks(request, response, [{ type: 'text', text: 'It is sunny.' }]);
        const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } };
        return sendBlocks(request, response, [call], 'tool_use');
      };
      answerChat = (body, response) => {
        const isAnswered = body.messages.some(({ role }) => role === 'tool');
        if (isAnswered) sendChatText(body, response, 'It is sunny.');
        else sendChatCall(body, response, 'toolu_1', 'weather', '{"city":"Bern"}');
      };
      const tools = [
        {
          name: 'weather',
          description: 'The weather of a city',
          input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
        },
      ];
      const first = await client()
        .messages.stream({ ...ask, tools, tool_choice: { type: 'auto' } })
        .finalMessage();
      expect(first.stop_reason).toBe('tool_use');
      expect(first.content).toMatchObject([
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } },
      ]);
      const result = {
        type: 'tool_result' as const,
        tool_use_id: 'toolu_1',
        is_error: true,
        content: [{ type: 'text' as const, text: 'sunny' }],
      };
      const second = await client().messages.create({
        ...ask,
        tools,
        messages: [
          user('Weather?'),
          { role: 'assistant', content: first.content },
          { role: 'user', content: [result, { type: 'text', text: 'Well?' }] },
        ],
      });
      expect(second.content).toMatchObject([{ type: 'text', text: 'It is sunny.' }]);
      if (model === claudeModel) {
        expect(lastClaude()?.body.messages.slice(1)).toMatchObject([
          { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', input: { city: 'Bern' } }] },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true },
              { type: 'text', text: 'Well?' },
            ],
          },
        ]);
      } else {
        expect(chat.bodies.at(-1)?.messages.slice(1, 3)).toMatchObject([
          { role: 'assistant', tool_calls: [{ id: 'toolu_1' }] },
          { role: 'tool', tool_call_id: 'toolu_1' },
        ]);
      }
    });

    it('sends images and documents', async () => {
      const data = 'iVBORw0KGgo=';
      await client().messages.create({
        ...ask,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
              {
                type: 'document',
                source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
              },
            ],
          },
        ],
      });
      const sent = JSON.stringify(model === claudeModel ? lastClaude()?.body : chat.bodies.at(-1));
      expect(sent).toContain(data);
      expect(sent).toContain('JVBERi0=');
    });

    it('sends a body of many megabytes, which images make', async () => {
      const data = 'A'.repeat(12 * 1024 * 1024);
      const source = { type: 'base64' as const, media_type: 'image/png' as const, data };
      const message = await client().messages.create({
        ...ask,
        messages: [{ role: 'user', content: [{ type: 'image', source }] }],
      });
      expect(message.stop_reason).toBe('end_turn');
    });

    it('returns structured answers of the schema', async () => {
      answerMessages = (request, response) =>
        sendBlocks(request, response, [{ type: 'text', text: '{"city":"Bern"}' }]);
      answerChat = (body, response) => sendChatText(body, response, '{"city":"Bern"}');
      const schema = {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      };
      const message = await client().messages.create({
        ...ask,
        output_config: { format: { type: 'json_schema', schema } },
      });
      expect(message.content).toMatchObject([{ type: 'text', text: '{"city":"Bern"}' }]);
    });

    it('takes thinking, of a budget or adaptive, whatever the model', async () => {
      for (const thinking of [
        { type: 'enabled' as const, budget_tokens: 2_048 },
        { type: 'adaptive' as const },
        { type: 'disabled' as const },
      ]) {
        const message = await client().messages.create({ ...ask, max_tokens: 4_000, thinking });
        expect(message.stop_reason).toBe('end_turn');
        if (model === claudeModel) {
          expect(lastClaude()?.body.thinking).toEqual(thinking);
          expect(lastClaude()?.body.max_tokens).toBe(4_000);
        }
      }
    });

    it('ends a stream that fails in the middle with an error, never as an answer ends', async () => {
      const half = (response: Parameters<AnswerMessages>[1], event: string) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(event);
        setImmediate(() => response.destroy());
      };
      answerMessages = (_request, response) =>
        half(
          response,
          'event: message_start\ndata: {"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
            'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}\n\n',
        );
      answerChat = (_body, response) =>
        half(response, `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
      const seen: string[] = [];
      const read = async () => {
        for await (const event of await client().messages.create({ ...ask, stream: true }))
          seen.push(event.type);
      };
      await expect(read()).rejects.toMatchObject({
        error: { type: 'error', error: { type: 'api_error', heddle_code: 'PROVIDER_ERROR' } },
      });
      expect(seen).toContain('content_block_delta');
      expect(seen).not.toContain('message_stop');
    });
  });

  it('sends signed and encrypted thinking back as it came', async () => {
    const blocks = [
      { type: 'thinking', thinking: 'Hm.', signature: 'EqQB+/==' },
      { type: 'redacted_thinking', data: 'cipher+/==' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
    ];
    answerMessages = (request, response) => sendBlocks(request, response, blocks, 'tool_use');
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
    expect(JSON.stringify(chat.bodies.at(-1))).not.toMatch(/EqQB|cipher/);
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
    answerChat = (_body, response) => {
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
    answerChat = (_body, response) => void response.writeHead(429).end();
    await expect(ask({})).rejects.toMatchObject({
      status: 529,
      error: { error: { type: 'overloaded_error' } },
    });
  });

  it('is tried again by the SDK where that helps', async () => {
    const before = chat.bodies.length;
    answerChat = (body, response, number) => {
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
    const root = admin(() => mesh);
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
    expect((await Array.fromAsync(client().models.list({ limit: 2 }))).map(({ id }) => id)).toEqual(
      all.map(({ id }) => id),
    );
    expect(await client().models.retrieve('demo/echo')).toMatchObject({ type: 'model', id: 'demo/echo' });
    await expect(client().models.retrieve('demo/none')).rejects.toBeInstanceOf(Client.NotFoundError);
  });
});
