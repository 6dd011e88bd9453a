import { afterAll, beforeAll, expect, it } from 'vitest';
import { addProvider, unique } from '#test/e2e/scenarios/setup.ts';
import {
  type AnswerMessages,
  type MessagesUpstream,
  openMessagesUpstream,
  sendBlocks,
} from '#test/support/messages-upstream.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const use = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } };
const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ encrypted_content: 'E+/=' }],
};
const blocks = [{ type: 'text', text: 'I search.' }, use, found, { type: 'text', text: 'Found.' }];
const think = (thinking: string) => ({ type: 'thinking', thinking, signature: `signature-of-${thinking}` });
/** Claude thinks between the searches that Anthropic runs for it. */
const thinking = [think('First'), ...blocks.slice(0, 3), think('Then'), ...blocks.slice(3)];

let answer: AnswerMessages;
let claude: MessagesUpstream;
const mesh = findSharedMesh();
const providerId = unique('claude');
beforeAll(async () => {
  claude = await openMessagesUpstream((...request) => answer(...request));
  const provider = { id: providerId, kind: 'ANTHROPIC', baseUrl: claude.url };
  await addProvider(() => mesh, provider, { name: 'claude-haiku-4-5-test' });
});
afterAll(() => claude[Symbol.asyncDispose]());

const model = `${providerId}/claude-haiku-4-5-test`;
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${mesh.adminKey}`,
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], ...body }),
  });

it('forwards anthropic-beta and anthropic-version byte for byte, on the path with ?beta=true', async () => {
  answer = (request, response) => sendBlocks(request, response, [{ type: 'text', text: 'Hello' }]);
  const beta = 'claude-code-20250219, interleaved-thinking-2025-05-14,x_1';
  const headers = { 'anthropic-beta': beta, 'anthropic-version': '2026-10-21' };
  const tools = [
    { name: 'f', input_schema: { type: 'object' }, eager_input_streaming: true, defer_loading: true },
  ];
  const body = { max_tokens: 10, tools, context_management: { edits: [] } };
  expect((await post('/v1/messages?beta=true', body, headers)).status).toBe(200);
  const sent = claude.requests.at(-1);
  expect([sent?.headers['anthropic-beta'], sent?.headers['anthropic-version']]).toEqual([beta, '2026-10-21']);
  expect(sent?.body).toMatchObject({ tools: [{ defer_loading: true }], context_management: { edits: [] } });
});

it.each([
  ['', blocks],
  [' with the thinking in between', thinking],
])('carries a search of Anthropic there and back, with its usage%s', async (_, sent) => {
  answer = (request, response) => sendBlocks(request, response, sent, 'pause_turn');
  const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }];
  const body = { max_tokens: 10, tools, tool_choice: { type: 'tool', name: 'web_search' } };
  const first = await (await post('/v1/messages', body)).json();
  expect(first).toMatchObject({
    stop_reason: 'pause_turn',
    usage: { input_tokens: 10, cache_read_input_tokens: 4, cache_creation_input_tokens: 3, output_tokens: 2 },
  });
  expect(first.content.map(({ type }: { type: string }) => type)).toEqual(sent.map(({ type }) => type));
  expect(claude.requests.at(-1)?.body).toMatchObject({
    tools,
    tool_choice: { type: 'tool', name: 'web_search' },
  });
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: first.content },
    { role: 'user', content: 'And?' },
  ];
  await post('/v1/messages', { ...body, messages });
  expect(claude.requests.at(-1)?.body.messages[1]?.content).toEqual(sent);
});

it('counts tokens by Anthropic’s own endpoint, and estimates where that fails', async () => {
  answer = (request, response) => {
    expect(request.path).toBe('/v1/messages/count_tokens');
    expect(request.body).not.toHaveProperty('max_tokens');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"input_tokens":77}');
  };
  const counted = await post('/v1/messages/count_tokens?beta=true', {});
  expect([counted.headers.get('x-heddle-estimated'), await counted.json()]).toEqual([
    'false',
    { input_tokens: 77 },
  ]);
  answer = (_request, response) => void response.writeHead(503).end();
  const estimated = await post('/v1/messages/count_tokens', {});
  expect([estimated.status, estimated.headers.get('x-heddle-estimated')]).toEqual([200, 'true']);
});

it('answers the probe of the address, a session of 3,000 messages, and a tool with a name of 100 characters', async () => {
  answer = (request, response) => sendBlocks(request, response, [{ type: 'text', text: 'Hello' }]);
  expect((await fetch(mesh.url, { method: 'HEAD' })).status).toBe(200);
  const messages = Array.from({ length: 3_001 }, (_, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content: [{ type: 'text', text: String(at) }],
  }));
  const tools = [{ name: `mcp__${'x'.repeat(95)}`, input_schema: { type: 'object' } }];
  expect((await post('/v1/messages', { max_tokens: 10, messages, tools })).status).toBe(200);
  expect(claude.requests.at(-1)?.body.messages).toHaveLength(3_001);
});

it('returns the errors of bodies that are too large in the shape of Anthropic', async () => {
  const response = await post('/v1/messages', { max_tokens: 10, padding: 'x'.repeat(33 * 1024 * 1024) });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'request_too_large' } });
});
