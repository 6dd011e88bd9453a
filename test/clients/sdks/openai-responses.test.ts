import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addProvider, admin, unique } from '#test/e2e/scenarios/setup.ts';
import {
  type AnswerChat,
  type ChatUpstream,
  openChatUpstream,
  sendChatCall,
  sendChatText,
} from '#test/support/chat-upstream.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

let answer: AnswerChat;
let upstream: ChatUpstream;
const mesh = findSharedMesh();
const providerId = unique('upstream');
beforeAll(async () => {
  upstream = await openChatUpstream((...asked) => answer(...asked));
  const provider = { id: providerId, kind: 'OPENAI_COMPATIBLE', baseUrl: upstream.url };
  await addProvider(() => mesh, provider, { name: 'any' });
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => {
  answer = (body, response) => sendChatText(body, response, 'Hello');
});

const model = `${providerId}/any`;
const lastBody = () => upstream.bodies.at(-1);

/** Both majors have the same interface, as far as it is used here. */
const majors = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
] as const;

describe.each(majors)('%s: responses', (_name, Client) => {
  const client = (options: { readonly maxRetries?: number; readonly apiKey?: string } = {}) =>
    new Client({ baseURL: `${mesh.url}/v1`, apiKey: mesh.adminKey, maxRetries: 0, ...options });

  it('answer a text, with instructions and the usage that the provider counted', async () => {
    const response = await client().responses.create({
      model,
      instructions: 'Be short.',
      input: 'Hi',
      metadata: { a: 'b' },
    });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      output_text: 'Hello',
      instructions: 'Be short.',
      metadata: { a: 'b' },
      error: null,
      incomplete_details: null,
    });
    expect(response.usage).toMatchObject({ input_tokens: 10, output_tokens: 2, total_tokens: 12 });
    expect(lastBody()?.messages).toEqual([
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  it('have the conversation of the chain that they continue, or the one that the client names', async () => {
    const create = async (body: object) =>
      (await client().responses.create({ model, input: 'Hi', stream: false, ...body })).id;
    const first = await create({});
    const second = await create({ previous_response_id: first });
    const third = await create({ previous_response_id: second });
    const named = await create({ metadata: { conversation_id: 'chat 7' } });
    const continued = await create({ previous_response_id: named });
    const unkept = await create({ store: false, metadata: { conversation_id: 'chat 7' } });
    const ids = [first, second, third, named, continued, unkept].map((id) =>
      id.replace('resp_', 'invocation:'),
    );
    const { nodes } = await admin(() => mesh).data<{ nodes: { conversationId: string | null }[] }>(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Invocation { conversationId } } }',
      { ids },
    );
    const [begun, ...others] = nodes.map(({ conversationId }) => conversationId);
    expect(begun).toMatch(/^[\w-]+$/);
    expect(others).toEqual([begun, begun, 'chat 7', 'chat 7', null]);
  });

  it('stream numbered events in the order of the protocol, with the whole response at the end', async () => {
    const stream = client().responses.stream({ model, input: 'Hi' });
    const events: { readonly type: string; readonly sequence_number: number }[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at));
    const final = await stream.finalResponse();
    expect(final.output_text).toBe('Hello');
    expect(final.usage?.total_tokens).toBe(12);
  });

  it('run a loop of tool calls, each called once, over previous_response_id and by sending all items', async () => {
    answer = (body, response, number) => {
      const results = body.messages.filter(({ role }) => role === 'tool');
      if (results.length === 0) sendChatCall(body, response, `call_${number}`, 'weather', '{"city":"Bern"}');
      else sendChatText(body, response, `It is ${String(results[0]?.content)}.`);
    };
    const tools = [
      {
        type: 'function' as const,
        name: 'weather',
        description: 'The weather of a city',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        strict: false,
      },
    ];
    const input = [{ role: 'user' as const, content: 'Weather in Bern?' }];
    for (const isChained of [true, false]) {
      const first = await client().responses.stream({ model, input, tools }).finalResponse();
      const calls = first.output.filter((item) => item.type === 'function_call');
      expect(calls).toMatchObject([{ name: 'weather', arguments: '{"city":"Bern"}', status: 'completed' }]);
      const output = calls.map(({ call_id }) => ({
        type: 'function_call_output' as const,
        call_id,
        output: 'sunny',
      }));
      const second = await client().responses.create(
        isChained
          ? { model, tools, previous_response_id: first.id, input: output }
          : { model, tools, store: false, input: [...input, ...(first.output as never[]), ...output] },
      );
      expect(second.output_text).toBe('It is sunny.');
      expect(lastBody()?.messages).toMatchObject([
        { role: 'user', content: 'Weather in Bern?' },
        { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Bern"}' } }] },
        { role: 'tool', content: 'sunny' },
      ]);
    }
  });

  it('can be retrieved, listed and deleted, and a response that is not stored cannot', async () => {
    const stored = await client().responses.create({ model, input: 'Hi', instructions: 'Be short.' });
    const found = await client().responses.retrieve(stored.id);
    expect(found).toEqual(stored);
    const items = await client().responses.inputItems.list(stored.id);
    expect(items.data).toMatchObject([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    ]);
    await client().responses.delete(stored.id);
    await client().responses.delete(stored.id);
    await expect(client().responses.retrieve(stored.id)).rejects.toThrow(Client.NotFoundError);
    const unstored = await client().responses.create({ model, input: 'Hi', store: false });
    await expect(client().responses.retrieve(unstored.id)).rejects.toThrow(Client.NotFoundError);
    await expect(
      client().responses.create({ model, input: 'Hi', previous_response_id: unstored.id }),
    ).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
    });
  });

  it('run in the background, and every event can be read again from any number on', async () => {
    const stream = await client().responses.create({ model, input: 'Hi', background: true, stream: true });
    const events = await Array.fromAsync(stream);
    const created = events[0];
    if (created?.type !== 'response.created') throw new Error('The first event is response.created.');
    for (const after of [0, 3, 4, events.length - 2]) {
      const again = await client().responses.retrieve(created.response.id, {
        stream: true,
        starting_after: after,
      });
      expect(await Array.fromAsync(again)).toEqual(events.slice(after + 1));
    }
    const helper = client().responses.stream({ response_id: created.response.id });
    expect((await helper.finalResponse()).output_text).toBe('Hello');
  });

  it('throw what breaks off a stream, and keep the response as a failed one', async () => {
    answer = (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = { choices: [{ index: 0, delta: { content: 'Hel' }, finish_reason: null }] };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`, () => response.destroy());
    };
    const events: { readonly type: string; readonly response?: unknown }[] = [];
    const read = async () => {
      const stream = await client().responses.create({ model, input: 'Hi', stream: true });
      for await (const event of stream) events.push(event);
    };
    await expect(read()).rejects.toMatchObject({ code: 'provider_error', type: 'server_error' });
    expect(events.filter(({ type }) => type === 'response.completed')).toEqual([]);
    const created = events[0] as OpenAI.Responses.ResponseStreamEvent;
    if (created.type !== 'response.created') throw new Error('The first event is response.created.');
    const again = await fetch(`${mesh.url}/v1/responses/${created.response.id}?stream=true`, {
      headers: { authorization: `Bearer ${mesh.adminKey}` },
    });
    expect((await again.text()).match(/^event: .*$/gm)?.slice(-2)).toEqual([
      'event: error',
      'event: response.failed',
    ]);
    const stored = await client().responses.retrieve(created.response.id);
    expect(stored).toMatchObject({ status: 'failed', error: { code: 'provider_error' } });
  });

  it('refuse what is wrong by the error classes of the SDK, with the field', async () => {
    const asked = [
      [{ model: `${providerId}/none`, input: 'Hi' }, 404, 'model'],
      [{ model, input: [{ role: 'robot', content: 'Hi' }] }, 400, 'input[0].role'],
      [{ model, input: [] }, 400, 'input'],
      [{ model, input: 'Hi', conversation: 'conv_1' }, 400, 'conversation'],
      [{ model, input: 'Hi', background: true, store: false }, 400, 'background'],
    ] as const;
    for (const [body, status, param] of asked) {
      await expect(client().responses.create(body as never)).rejects.toMatchObject({ status, param });
    }
    await expect(client({ apiKey: 'hd_no' }).responses.create({ model, input: 'Hi' })).rejects.toThrow(
      Client.AuthenticationError,
    );
  });

  it('cancel a call in the background, and the upstream call with it', async () => {
    answer = (_body, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const { id } = await client().responses.create({ model, input: 'Hi', background: true });
    await expect.poll(() => lastBody()?.messages).toBeDefined();
    const canceled = await client().responses.cancel(id);
    expect(canceled.status).toBe('cancelled');
    expect((await client().responses.retrieve(id)).status).toBe('cancelled');
  });
});
