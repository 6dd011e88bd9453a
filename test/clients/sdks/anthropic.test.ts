import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-sdk-0';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendChatCall, sendChatText } from '#test/support/chat-upstream.ts';
import { type MessagesMesh, nameMessagesModels, openMessagesMesh } from '#test/support/messages-mesh.ts';
import { type AnswerMessages, sendBlocks } from '#test/support/messages-upstream.ts';

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

describe.each(majors)('%s', (_sdk, Client) => {
  const client = (options: { readonly maxRetries?: number; readonly apiKey?: string } = {}) =>
    new Client({ baseURL: upstream.mesh.url, apiKey: upstream.mesh.adminKey, maxRetries: 0, ...options });

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
      upstream.answerMessages = (request, response) => {
        const isAnswered = JSON.stringify(request.body.messages).includes('tool_result');
        if (isAnswered) return sendBlocks(request, response, [{ type: 'text', text: 'It is sunny.' }]);
        const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } };
        return sendBlocks(request, response, [call], 'tool_use');
      };
      upstream.answerChat = (body, response) => {
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
        expect(upstream.chat.bodies.at(-1)?.messages.slice(1, 3)).toMatchObject([
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
      const sent = JSON.stringify(model === claudeModel ? lastClaude()?.body : upstream.chat.bodies.at(-1));
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
      upstream.answerMessages = (request, response) =>
        sendBlocks(request, response, [{ type: 'text', text: '{"city":"Bern"}' }]);
      upstream.answerChat = (body, response) => sendChatText(body, response, '{"city":"Bern"}');
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
      upstream.answerMessages = (_request, response) =>
        half(
          response,
          'event: message_start\ndata: {"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
            'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}\n\n',
        );
      upstream.answerChat = (_body, response) =>
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
});
