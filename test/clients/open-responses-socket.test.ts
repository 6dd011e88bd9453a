import type { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { compactionSchema } from '#test/support/response-schemas.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { ResponseSocket } from './response-socket.ts';
import { addModel, startVendors, upstreams, usage } from './vendors.ts';

const stack = new AsyncDisposableStack();
let vendors: LLMock;
const mesh = findSharedMesh();
let key: string;
beforeAll(async () => {
  vendors = await startVendors(stack);
  key = (await newTenant(() => mesh)).client.key;
});
beforeEach(() => void vendors.reset());
afterAll(() => stack.disposeAsync());

const open = (headers?: Readonly<Record<string, string>>) => ResponseSocket.open(mesh.url, key, headers);
const readText = ({ output }: { readonly output: readonly object[] }) =>
  JSON.stringify(output.map((item) => ('content' in item ? item.content : null)));

describe.each(upstreams)('Open Responses over a WebSocket and $kind', ({ kind, name, path }) => {
  const isDemo = kind === 'DEMO';
  let model = 'demo/echo';
  beforeAll(async () => {
    if (!isDemo) model = await addModel(() => mesh, kind, `${vendors.url}${path}`, name);
  });
  const prepare = (content: string) => {
    if (!isDemo) vendors.on({ predicate: () => true }, { content, usage });
  };
  const lastBody = () => JSON.stringify(vendors.getLastRequest()?.body ?? null);

  it('creates one response after the other, each with the events of a stream', async () => {
    await using socket = await open();
    for (const text of ['first', 'second']) {
      vendors.reset();
      prepare(text);
      const response = await socket.create({ model, store: false, input: text });
      expect([response.status, readText(response)]).toEqual(['completed', expect.stringContaining(text)]);
    }
  });

  it('answers messages that came at once in their order', async () => {
    await using socket = await open();
    prepare('one');
    for (const lane of ['a', 'b', 'c']) {
      socket.send({ type: 'response.create', model, store: false, input: 'one', stream_id: lane });
    }
    const lanes: unknown[] = [];
    while (lanes.length === 0 || lanes.filter((lane) => lane === 'c').length === 0 || lanes.length < 9) {
      lanes.push((await socket.next()).stream_id);
    }
    expect(lanes).toEqual([...lanes].sort());
  });

  it('continues a response that is not stored, by the new items alone', async () => {
    await using socket = await open();
    prepare('cobalt');
    const first = await socket.create({ model, store: false, input: 'The word is cobalt.' });
    const more = { model, store: false, previous_response_id: first.id, input: 'Which word?' };
    const second = await socket.create(more);
    expect(second.previous_response_id).toBe(first.id);
    if (!isDemo)
      for (const text of ['The word is cobalt.', 'Which word?']) expect(lastBody()).toContain(text);
  });

  it('does not find a response that is not stored after a reconnect, and creates another one', async () => {
    prepare('copper');
    let id: string;
    {
      await using socket = await open();
      ({ id } = await socket.create({ model, store: false, input: 'copper' }));
    }
    await using socket = await open();
    const more = { type: 'response.create', model, store: false, previous_response_id: id, input: 'copper' };
    expect(await socket.refused(more)).toMatchObject({
      status: 400,
      error: { code: 'previous_response_not_found', param: 'previous_response_id' },
    });
    expect((await socket.create({ model, store: false, input: 'copper' })).status).toBe('completed');
  });

  it('forgets what is not stored where its continuation fails', async () => {
    await using socket = await open();
    prepare('ember');
    const { id } = await socket.create({ model, store: false, input: 'ember' });
    const result = { type: 'function_call_output', call_id: 'call_none', output: 'x' };
    const more = { type: 'response.create', model, store: false, previous_response_id: id };
    const failed = await socket.refused({ ...more, input: [result] });
    expect(failed).toMatchObject({ status: 400, error: { param: 'input[2].call_id' } });
    expect((await socket.refused({ ...more, input: 'ember' })).error.code).toBe(
      'previous_response_not_found',
    );
  });

  it('begins anew from a conversation that was compacted', async () => {
    await using socket = await open();
    prepare('slate');
    const compacted = await fetch(`${mesh.url}/v1/responses/compact`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, input: [{ role: 'user', content: 'The word is slate.' }] }),
    });
    const { output } = compactionSchema.parse(await compacted.json());
    const input = [...output, { type: 'message', role: 'user', content: 'Which word?' }];
    expect((await socket.create({ model, store: false, input, tools: [] })).status).toBe('completed');
  });
});

describe('a WebSocket of responses', () => {
  const model = 'demo/echo';
  const create = { type: 'response.create', model, store: false };

  it('continues a stored response after a reconnect', async () => {
    let id: string;
    {
      await using socket = await open();
      ({ id } = await socket.create({ model, input: 'Hello' }));
    }
    await using socket = await open();
    expect((await socket.create({ model, previous_response_id: id, input: 'More' })).status).toBe(
      'completed',
    );
  });

  it('keeps nothing where its upgrade states so', async () => {
    await using socket = await open({ 'x-heddle-retention': 'none', 'idempotency-key': 'k1' });
    const first = await socket.create({ model, input: 'Hello' });
    const second = await socket.create({ model, input: 'Other' });
    expect([first.store, second.store, readText(second)]).toEqual([
      false,
      false,
      expect.stringContaining('Other'),
    ]);
  });

  it('is compacted by a trigger, and continued from the summary alone', async () => {
    await using socket = await open();
    const input = [{ role: 'user', content: 'The word is cobalt.' }, { type: 'compaction_trigger' }];
    const compacted = await socket.create({ model, input });
    expect(compacted.output).toMatchObject([{ type: 'compaction' }]);
    const next = await socket.create({ model, previous_response_id: compacted.id, input: 'Which word?' });
    const listed = await fetch(`${mesh.url}/v1/responses/${next.id}/input_items?order=asc`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { data } = (await listed.json()) as { data: readonly { type: string }[] };
    expect(data.map(({ type }) => type)).toEqual(['compaction', 'message']);
  });

  it('can be warmed up without a call, and continued from there', async () => {
    await using socket = await open();
    for (const input of [[], 'The word is cobalt.']) {
      const warm = await socket.create({ model, generate: false, input });
      expect([warm.status, warm.output]).toEqual(['completed', []]);
      const next = await socket.create({ model, previous_response_id: warm.id, input: 'Which word?' });
      const listed = await fetch(`${mesh.url}/v1/responses/${next.id}/input_items?order=asc`, {
        headers: { authorization: `Bearer ${key}` },
      });
      const { data } = await listed.json();
      expect(data).toHaveLength(input === 'The word is cobalt.' ? 2 : 1);
    }
  });

  it.each([
    ['no JSON', '{', 400, null],
    ['no object', '[]', 400, null],
    ['of no type', { model, input: 'Hello' }, 400, 'type'],
    ['of another type', { type: 'response.steer', input: 'x' }, 400, 'type'],
    ['for the background', { ...create, input: 'x', background: true }, 400, 'background'],
    ['of a wrong lane', { ...create, input: 'x', stream_id: 7 }, 400, 'stream_id'],
    ['of a long lane', { ...create, input: 'x', stream_id: 'x'.repeat(300) }, 400, 'stream_id'],
    ['without a model', { type: 'response.create', input: 'x' }, 400, 'model'],
    ['for an unknown model', { ...create, model: 'demo/none', input: 'x' }, 404, 'model'],
    [
      'that continues what never was',
      { ...create, previous_response_id: 'resp_0', input: 'x' },
      400,
      'previous_response_id',
    ],
  ])('answers a message that is %s with an error, and stays open', async (_what, message, status, param) => {
    await using socket = await open();
    expect(await socket.refused(message)).toMatchObject({ status, error: { param } });
    expect((await socket.create({ model, store: false, input: 'Hello' })).status).toBe('completed');
  });

  it('requires a key', async () => {
    await expect(ResponseSocket.open(mesh.url, `hd_wrong_${'0123456789'.repeat(4)}`)).rejects.toThrow('401');
  });

  it('takes messages as large as the body of a call', async () => {
    await using socket = await open();
    const text = 'x'.repeat(2 * 1024 * 1024);
    const response = await socket.create({ model, store: false, input: text });
    expect(readText(response)).toContain(text.slice(0, 1_000));
  });

  it('refuses messages beyond those that may wait', async () => {
    await using socket = await open();
    const messages = 12;
    for (let at = 0; at < messages; at++) {
      socket.send({ ...create, model: 'demo/slow', input: 'a b c d e f g h' });
    }
    const statuses: unknown[] = [];
    while (statuses.length < messages) {
      const message = await socket.next();
      if (message.type === 'error') statuses.push(message.status);
      if (message.type === 'response.completed') statuses.push('completed');
    }
    expect(statuses.filter((status) => status === 429).length).toBe(3);
    expect(statuses.filter((status) => status === 'completed').length).toBe(9);
  });
});
