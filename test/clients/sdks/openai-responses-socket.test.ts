import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import OpenAI6 from 'openai-6';
import { ResponsesWS as ResponsesWS6 } from 'openai-6/resources/responses/ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addProvider, unique } from '#test/e2e/scenarios/setup.ts';
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
  upstream = await openChatUpstream((...received) => answer(...received));
  const provider = { id: providerId, kind: 'OPENAI_COMPATIBLE', baseUrl: upstream.url };
  await addProvider(() => mesh, provider, { name: 'any' });
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => {
  answer = (body, response) => sendChatText(body, response, 'Hello');
});

const model = `${providerId}/any`;
const majors = [
  ['openai 7', OpenAI, ResponsesWS],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI, ResponsesWS6 as unknown as typeof ResponsesWS],
] as const;

describe.each(majors)('%s: responses over a WebSocket', (_name, Client, Socket) => {
  const client = () => new Client({ baseURL: `${mesh.url}/v1`, apiKey: mesh.adminKey, maxRetries: 0 });

  /** The last event of each response, one after the other. */
  async function run(socket: ResponsesWS, body: object) {
    const ended = new Promise<OpenAI.Responses.Response>((resolve, reject) => {
      socket.once('response.completed', ({ response }) => resolve(response));
      socket.once('error', reject);
    });
    socket.send({ type: 'response.create', model, ...body });
    return ended;
  }

  it('run a loop of tool calls over one connection, with nothing stored', async () => {
    answer = (body, response, number) => {
      const results = body.messages.filter(({ role }) => role === 'tool');
      if (results.length === 0) sendChatCall(body, response, `call_${number}`, 'weather', '{"city":"Bern"}');
      else sendChatText(body, response, `It is ${String(results[0]?.content)}.`);
    };
    const tools = [
      { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false },
    ];
    const socket = new Socket(client());
    const first = await run(socket, { tools, store: false, input: 'Weather in Bern?' });
    const [call] = first.output;
    if (call?.type !== 'function_call') throw new Error('The tool is called.');
    const input = [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }];
    const second = await run(socket, { tools, store: false, previous_response_id: first.id, input });
    expect(second.output).toMatchObject([{ type: 'message', content: [{ text: 'It is sunny.' }] }]);
    socket.close();
  });

  it('report what is refused as an error, and the connection is used again', async () => {
    const socket = new Socket(client());
    const refused = run(socket, { input: 'Hi', previous_response_id: 'resp_0' });
    await expect(refused).rejects.toMatchObject({
      error: { error: { code: 'previous_response_not_found' } },
    });
    expect(await run(socket, { input: 'Hi' })).toMatchObject({ status: 'completed' });
    socket.close();
  });

  it('cancel the upstream call when they are closed', async () => {
    answer = (_body, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const before = upstream.bodies.length;
    const socket = new Socket(client());
    socket.send({ type: 'response.create', model, input: 'Hi' });
    await expect.poll(() => upstream.bodies.length).toBeGreaterThan(before);
    socket.close();
    await upstream.left;
  });

  it('compact a conversation', async () => {
    const compacted = await client().responses.compact({
      model,
      input: 'Tuesday.',
      instructions: 'Be short.',
    });
    expect(compacted.output).toMatchObject([{ type: 'message', role: 'user' }, { type: 'compaction' }]);
    expect(JSON.stringify(upstream.bodies.at(-1)?.messages)).toContain('Be short.');
    const next = await client().responses.create({ model, input: [...compacted.output] as never });
    expect(next.output_text).toBe('Hello');
  });
});
