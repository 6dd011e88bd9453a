import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin } from '#test/e2e/scenarios/setup.ts';
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

const bearer = () => ({ authorization: `Bearer ${upstream.mesh.adminKey}` });
type Headers = Readonly<Record<string, string>>;

function post(
  body: object,
  headers: Headers = {},
  access: Headers = bearer(),
  path = '/v1/messages?beta=true',
): Promise<Response> {
  return fetch(`${upstream.mesh.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...access, ...headers },
    body: JSON.stringify({
      model: claudeModel,
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hi' }],
      ...body,
    }),
  });
}

const get = (path: string, headers: Headers) => fetch(`${upstream.mesh.url}${path}`, { headers });
const lastClaude = () => upstream.claude.requests.at(-1)?.body;
const lastChat = () => upstream.chat.bodies.at(-1);
const readDropped = ({ headers }: Response) => (headers.get('x-heddle-dropped') ?? '').split(', ');

async function readLabels(response: Response) {
  await response.text();
  const { invocation } = await admin(() => upstream.mesh).data<{
    invocation: { readonly tags: readonly string[]; readonly conversationId: string | null };
  }>('query ($id: ID!) { invocation(id: $id) { tags conversationId } }', {
    id: response.headers.get('x-heddle-completion-id'),
  });
  return invocation;
}

interface StreamedEvent {
  readonly type: string;
  readonly delta?: { readonly text?: string };
}

async function readEvents(response: Response): Promise<readonly StreamedEvent[]> {
  const text = await response.text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as StreamedEvent);
}

describe('the gateway contract of Claude Code', () => {
  it('x-claude-code-session-id and x-claude-code-agent-id are tags of the ledger row, the session its conversation', async () => {
    const ids = { 'x-claude-code-session-id': 's-1.a', 'x-claude-code-agent-id': 'agent_2' };
    for (const stream of [false, true]) {
      expect(await readLabels(await post({ stream }, ids))).toEqual({
        tags: ['claude-code-session:s-1.a', 'claude-code-agent:agent_2'],
        conversationId: 's-1.a',
      });
    }
    const named = await post({}, { ...ids, 'x-heddle-conversation': 'chat 7' });
    expect(await readLabels(named)).toMatchObject({ conversationId: 'chat 7' });
  });

  it.each([
    ['is empty', ''],
    ['has characters of no id', 'a b'],
    ['has 41 characters', 'x'.repeat(41)],
  ])('x-claude-code-session-id is no tag and no error where it %s', async (_what, id) => {
    const response = await post({}, { 'x-claude-code-session-id': id });
    expect(response.status).toBe(200);
    expect(await readLabels(response)).toEqual({ tags: [], conversationId: null });
  });

  it('authorization with Bearer and x-api-key are accepted alike, and no key is refused', async () => {
    const statuses: number[] = [];
    for (const access of [bearer(), { 'x-api-key': upstream.mesh.adminKey }, { 'x-api-key': 'hd_none' }, {}])
      statuses.push((await post({}, {}, access as Headers)).status);
    expect(statuses).toEqual([200, 200, 401, 401]);
  });

  it('eager_input_streaming is sent to a Claude as it was, and named as dropped for others', async () => {
    for (const eager of [true, false]) {
      const tools = [{ name: 'f', input_schema: { type: 'object' }, eager_input_streaming: eager }];
      for (const stream of [false, true]) {
        const own = await post({ tools, stream });
        expect([own.status, own.headers.get('x-heddle-dropped')]).toEqual([200, null]);
        await own.text();
        expect(lastClaude()?.tools).toMatchObject([{ name: 'f', eager_input_streaming: eager }]);
        const other = await post({ model: chatModel, tools, stream });
        expect([other.status, readDropped(other)]).toEqual([200, ['tools.eager_input_streaming']]);
        await other.text();
        expect(JSON.stringify(lastChat())).not.toContain('eager');
      }
    }
  });

  it('GET /v1/models?limit=1000 has the shape of Anthropic with anthropic-version, and of OpenAI without', async () => {
    const path = '/v1/models?limit=1000';
    const own = await get(path, { ...bearer(), 'anthropic-version': '2023-06-01' });
    expect([own.status, own.redirected]).toEqual([200, false]);
    const list = (await own.json()) as { data: { id: string }[]; last_id: string };
    const ids = list.data.map(({ id }) => id);
    expect(list).toMatchObject({ has_more: false, first_id: ids[0], last_id: ids.at(-1) });
    expect(list.data.find(({ id }) => id === claudeModel)).toEqual({
      type: 'model',
      id: claudeModel,
      display_name: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const other = await get(path, bearer());
    const plain = (await other.json()) as { object: string; data: { id: string; object: string }[] };
    expect(plain.object).toBe('list');
    expect(plain.data.every(({ object }) => object === 'model')).toBe(true);
    // Other tests of this mesh add models and remove theirs meanwhile.
    const again = await get(path, { ...bearer(), 'anthropic-version': '2023-06-01' });
    const idsAfter = ((await again.json()) as typeof list).data.map(({ id }) => id);
    const plainIds = plain.data.map(({ id }) => id);
    expect(plainIds).toEqual(expect.arrayContaining(ids.filter((id) => idsAfter.includes(id))));
    expect([...ids, ...idsAfter]).toEqual(expect.arrayContaining(plainIds));
  });

  it('unknown fields of the body, of a block and of a tool are sent to a Claude, and named as dropped for others', async () => {
    const body = {
      new_setting: { deep: [1] },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', new_mark: 1 }] }],
      tools: [{ name: 'f', input_schema: { type: 'object' }, new_flag: true }],
    };
    const own = await post(body);
    expect([own.status, own.headers.get('x-heddle-dropped')]).toEqual([200, null]);
    expect(lastClaude()).toMatchObject(body);
    const other = await post({ ...body, model: chatModel });
    expect(other.status).toBe(200);
    expect(readDropped(other).toSorted()).toEqual(['messages.new_mark', 'new_setting', 'tools.new_flag']);
    expect(JSON.stringify(lastChat())).not.toContain('new_');
  });

  it.each([
    ['a Claude', claudeModel],
    ['chat completions', chatModel],
  ])('a stream of 2,000 deltas over %s comes whole, in order, and ends once', async (_wire, model) => {
    const words = Array.from({ length: 2_000 }, (_, at) => `${at} `);
    const text = words.join('');
    upstream.answerMessages = (request, response) => sendBlocks(request, response, [{ type: 'text', text }]);
    upstream.answerChat = (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (choice: object) =>
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
      for (const content of words) send({ delta: { content } });
      send({ delta: {}, finish_reason: 'stop' });
      response.end('data: [DONE]\n\n');
    };
    const events = await readEvents(await post({ model, stream: true }));
    expect(events.map(({ delta }) => delta?.text ?? '').join('')).toBe(text);
    const ends = events.map(({ type }) => type).filter((type) => /^(?:message_stop|error)$/.test(type));
    expect([ends, events.at(-1)?.type]).toEqual([['message_stop'], 'message_stop']);
  });

  it('cache points stay on the system prompt, tools and messages of a Claude, and change no text for others', async () => {
    const cache_control = { type: 'ephemeral' };
    const body = {
      system: [
        { type: 'text', text: 'You are Claude Code.' },
        { type: 'text', text: 'Rules.', cache_control: { ...cache_control, ttl: '1h' } },
      ],
      tools: [{ name: 'f', input_schema: { type: 'object' }, cache_control }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control }] }],
    };
    const own = await post(body);
    expect([own.status, own.headers.get('x-heddle-dropped')]).toEqual([200, null]);
    expect(lastClaude()).toMatchObject(body);
    const other = await post({ ...body, model: chatModel });
    expect(other.status).toBe(200);
    const sent = JSON.stringify(lastChat());
    expect(sent).not.toMatch(/cache_control|ephemeral/);
    for (const text of ['You are Claude Code.', 'Rules.', 'Hi']) expect(sent).toContain(text);
  });
});

describe('anthropic-version 2026-10-21', () => {
  const version = { 'anthropic-version': '2026-10-21' };

  it.each([
    ['temperature', 1],
    ['top_p', 1],
    ['top_k', 40],
  ])('%s is refused, also with its default, and the provider is not called', async (field, value) => {
    const before = [upstream.claude.requests.length, upstream.chat.bodies.length];
    for (const model of [claudeModel, chatModel]) {
      for (const stream of [false, true]) {
        const response = await post({ model, stream, [field]: value }, version);
        expect(response.status).toBe(400);
        const { error } = (await response.json()) as { error: { type: string; message: string } };
        expect(error.type).toBe('invalid_request_error');
        expect(error.message).toContain(field);
        expect(error.message).toContain('2026-10-21');
      }
    }
    expect([upstream.claude.requests.length, upstream.chat.bodies.length]).toEqual(before);
    expect((await post({ [field]: value }, { 'anthropic-version': '2023-06-01' })).status).toBe(200);
  });

  const file = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } };
  const hi = { role: 'user', content: 'Hi' };
  it.each([
    ['a document of the assistant', [hi, { role: 'assistant', content: [file] }, hi], 'document'],
    [
      'a cited text of the user',
      [{ role: 'user', content: [{ type: 'text', text: 'Hi', citations: [{ type: 'char_location' }] }] }],
      'citations',
    ],
  ])(
    '%s is refused, in a count of tokens too, and the provider is not called',
    async (_, messages, named) => {
      const before = [upstream.claude.requests.length, upstream.chat.bodies.length];
      for (const model of [claudeModel, chatModel]) {
        for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
          const response = await post({ model, messages }, version, bearer(), path);
          expect([path, response.status]).toEqual([path, 400]);
          const { error } = (await response.json()) as { error: { type: string; message: string } };
          expect(error.type).toBe('invalid_request_error');
          expect(error.message).toMatch(new RegExp(`^messages\\.\\d.*${named}`));
        }
      }
      expect([upstream.claude.requests.length, upstream.chat.bodies.length]).toEqual(before);
    },
  );

  it.each(['temperature', 'top_p', 'top_k'])('%s is refused in a count of tokens too', async (field) => {
    const path = '/v1/messages/count_tokens';
    const refused = await post({ max_tokens: undefined, [field]: 1 }, version, bearer(), path);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining(field) } });
    expect((await post({ max_tokens: undefined }, version, bearer(), path)).status).toBe(200);
  });

  it('a call of the graph in this version is sent without the three fields, which are named as dropped, and in another version with them', async () => {
    const complete = async (dated: string, sampling: object) => {
      const own = { messages: { top_k: 40 }, anthropic: { version: dated } };
      const messages = [{ role: 'USER', content: 'Hi' }];
      const input = { model: claudeModel, messages, ...sampling, providerOptions: own };
      const { complete: completion } = await admin(() => upstream.mesh).data<{
        complete: { dropped: readonly string[] };
      }>('mutation ($input: CompletionInput!) { complete(input: $input) { dropped } }', { input });
      expect(upstream.claude.requests.at(-1)?.headers['anthropic-version']).toBe(dated);
      const sent = Object.keys(lastClaude() ?? {}).filter((name) => /^(?:temperature|top_[pk])$/.test(name));
      return { sent, dropped: completion.dropped };
    };
    const topK = 'providerOptions.messages.top_k';
    expect(await complete('2026-10-21', { temperature: 0.5 })).toEqual({
      sent: [],
      dropped: ['temperature', topK],
    });
    expect(await complete('2026-10-21', { topP: 0.5 })).toEqual({ sent: [], dropped: ['topP', topK] });
    expect(await complete('2026-10-20', { temperature: 0.5 })).toEqual({
      sent: ['temperature', 'top_k'],
      dropped: [],
    });
    expect(await complete('2026-10-20', { topP: 0.5 })).toEqual({ sent: ['top_p', 'top_k'], dropped: [] });
  });
});
