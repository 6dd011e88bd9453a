import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sse, startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { checkEventOrder, parseResponseEvents } from '#test/support/response-schemas.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel } from './vendors.ts';

const search = {
  type: 'web_search_call',
  id: 'ws_up',
  status: 'completed',
  action: { type: 'search', query: 'weather in Bern' },
};
const message = {
  type: 'message',
  id: 'msg_up',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'It is sunny.', annotations: [] }],
};
const whole = {
  id: 'resp_up',
  object: 'response',
  status: 'completed',
  output: [search, message],
  usage: { input_tokens: 5, output_tokens: 5, total_tokens: 10 },
};
const events = [
  { type: 'response.output_item.added', output_index: 0, item: { ...search, status: 'in_progress' } },
  { type: 'response.output_item.done', output_index: 0, item: search },
  { type: 'response.output_text.delta', output_index: 1, delta: 'It is ' },
  { type: 'response.output_text.delta', output_index: 1, delta: 'sunny.' },
  { type: 'response.completed', response: whole },
];

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let client: TestClient;
let upstream: WireServer;
let model: string;
let isStreamed = false;
beforeAll(async () => {
  ({ client } = await newTenant(() => mesh));
  upstream = stack.use(
    await startWireServer((response) => {
      response.writeHead(200, { 'content-type': isStreamed ? 'text/event-stream' : 'application/json' });
      response.end(isStreamed ? sse(...events) : JSON.stringify(whole));
    }),
  );
  model = await addModel(() => mesh, 'OPENAI', upstream.url, 'gpt-5-mini');
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  isStreamed = false;
});

const post = (path: string, body: object) =>
  fetch(`${mesh.url}/v1/responses${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const readSent = () => JSON.parse(upstream.requests.at(-1)?.body ?? '{}');

const tools = [
  { type: 'web_search', search_context_size: 'low' },
  { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } },
];
const input = [{ role: 'user', content: 'Weather?' }];

describe('a search that OpenAI runs', () => {
  it('is sent unchanged, and its call stands in the response before the text', async () => {
    const response = await post('', { model, tools, input });
    expect([response.status, response.headers.get('x-heddle-dropped')]).toEqual([200, null]);
    const { output } = await response.json();
    expect(output).toMatchObject([search, { type: 'message', content: [{ text: 'It is sunny.' }] }]);
    expect(readSent().tools).toContainEqual(tools[0]);
    expect(readSent().tools).toHaveLength(2);
  });

  it('is one item of a stream, done once, under the numbers that a client resumes after', async () => {
    isStreamed = true;
    const text = await (await post('', { model, tools, input, stream: true })).text();
    const sent = parseResponseEvents(text);
    checkEventOrder(sent);
    const done = sent.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    expect(done).toMatchObject([search, { type: 'message', content: [{ text: 'It is sunny.' }] }]);
    const [first] = sent;
    const id = first?.type === 'response.created' ? first.response.id : '';
    const rest = await fetch(`${mesh.url}/v1/responses/${id}?stream=true&starting_after=2`, {
      headers: { authorization: `Bearer ${client.key}` },
    });
    const again = parseResponseEvents(await rest.text());
    expect(again.slice(0, -1)).toEqual(sent.slice(3, -1));
  });

  it('goes back in its place, by its item and by previous_response_id', async () => {
    const { id, output } = await (await post('', { model, tools, input })).json();
    const next = { role: 'user', content: 'And tomorrow?' };
    for (const more of [
      { store: false, input: [...input, ...output, next] },
      { previous_response_id: id, input: [next] },
    ]) {
      expect((await post('', { model, tools, ...more })).status).toBe(200);
      expect(readSent().input.slice(1)).toEqual([
        search,
        { role: 'assistant', content: 'It is sunny.' },
        { role: 'user', content: [{ type: 'input_text', text: 'And tomorrow?' }] },
      ]);
    }
  });

  it('is named as dropped for other providers, with its call, and changes nothing of what they get', async () => {
    const conversation = [...input, search, { role: 'assistant', content: 'Sunny.' }, ...input];
    const response = await post('', { model: 'demo/echo', tools, input: conversation });
    expect(response.status).toBe(200);
    const dropped = response.headers.get('x-heddle-dropped');
    for (const name of ['tools.web_search', 'messages.web_search_call']) expect(dropped).toContain(name);
  });

  it('may be all that is required', async () => {
    await post('', { model, tools: tools.slice(0, 1), tool_choice: 'required', input });
    expect(readSent()).toMatchObject({ tools: tools.slice(0, 1), tool_choice: 'required' });
  });
});
