import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { payloads } from '#mongo/payloads.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testServices } from '#test/support/subgraph.ts';
import { buildPlan, emails, wordRule } from '#test/support/word-rules.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors invocation { id } } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename completionId ... on TextDelta { text } } }`;
const payload = 'request response ratingComment payloadState payloadCut attemptPayloads { request response }';
/** As the router reads the fields of a row that another subgraph returns. */
const READ = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Invocation { id ${payload} } } }`;
const STATE =
  'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Invocation { payloadState } } }';

interface Payload {
  readonly request: { readonly messages?: unknown } | null;
  readonly response: Readonly<Record<string, unknown>> | null;
  readonly ratingComment: string | null;
  readonly payloadState: string;
  readonly payloadCut: boolean;
  readonly attemptPayloads: readonly { readonly request: unknown; readonly response: unknown }[];
}

const input = (more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Say something.' }], ...more },
});
const asked = [{ role: 'user', parts: [{ type: 'text', text: 'Say something.' }] }];

let database: Database;
let mesh: TestInference;
let nowMs = Date.now();
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  mesh = await startInference(database, { now: () => nowMs++ });
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await database?.close();
});

type Rule = Caller['payloadLogging'];
const withRule = (payloadLogging: Rule, of: TestInference = mesh): Caller => ({
  ...of.caller,
  payloadLogging,
});
const reader = (more: Partial<Caller> = {}, of: TestInference = mesh): Caller => ({
  ...of.caller,
  scopes: ['logs:read'],
  ...more,
});
const refs = (...ids: readonly string[]) => ({
  refs: ids.map((id) => ({ __typename: 'Invocation', id: `invocation:${id}` })),
});

async function read(id: string, caller = reader(), of = mesh): Promise<Payload> {
  const { _entities } = await of.data<{ _entities: readonly Payload[] }>(READ, refs(id), caller);
  return _entities[0]!;
}
const readState = async (id: string, caller = reader()) => {
  const { _entities } = await mesh.data<{ _entities: readonly Payload[] }>(STATE, refs(id), caller);
  return _entities[0]?.payloadState;
};
const completed = async (caller: Caller, more: Record<string, unknown> = {}, of = mesh): Promise<string> =>
  (await of.data<{ complete: { id: string } }>(COMPLETE, input(more), caller)).complete.id;
const lastId = async (of = mesh) => (await of.rows()).at(-1)?._id ?? '';
const notes = (action: string) =>
  auditLog(database.connection).find({ action, tenantId: mesh.caller.tenantId }).sort({ _id: 1 }).lean();

describe('payloadLogging FULL', () => {
  it('keeps what went to the AI model and the whole answer, of a call and of a stream', async () => {
    mesh.alpha.always((call) => call.say('some', 'thing').finish(buildUsage(1, 1)));
    const id = await completed(withRule('FULL'), { temperature: 0.5 });
    const expected = {
      request: { messages: asked },
      response: { text: 'something', finishReason: 'STOP' },
      payloadState: 'KEPT',
      payloadCut: false,
      attemptPayloads: [
        {
          request: { model: 'one', messages: asked },
          response: { text: 'something', finishReason: 'STOP' },
        },
      ],
    };
    expect(await read(id)).toMatchObject({ ...expected, request: { temperature: 0.5 } });
    const events = await Array.fromAsync(await mesh.stream(STREAM, input(), { caller: withRule('FULL') }));
    expect(await read(String(events[0]?.completionId))).toMatchObject(expected);
  });

  it('keeps what had come of a call that failed or was canceled', async () => {
    mesh.alpha.always((call) => call.say('half').fail(buildFailure('PROVIDER_ERROR', false)));
    await Array.fromAsync(await mesh.stream(STREAM, input(), { caller: withRule('FULL') }));
    expect(await read(await lastId())).toMatchObject({
      request: { messages: asked },
      response: { text: 'half' },
      attemptPayloads: [{ response: { text: 'half' } }],
    });
    mesh.alpha.always((call) => call.say('begun'));
    const events = await mesh.stream(STREAM, input(), { caller: withRule('FULL') });
    await events.next();
    const { value } = await events.next();
    expect(value).toMatchObject({ text: 'begun' });
    await events.return?.(undefined);
    const id = String(value?.completionId);
    const row = () => invocations(database.connection).findById(id).lean();
    await expect.poll(async () => (await row())?.status).toBe('CANCELLED');
    expect(await read(id)).toMatchObject({ response: { text: 'begun' }, payloadState: 'KEPT' });
  });

  it('keeps what each attempt has sent and received', async () => {
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', true)));
    mesh.beta.always((call) => call.say('by beta').finish(buildUsage(1, 1)));
    const id = await completed(withRule('FULL'), { model: 'both' });
    const { attemptPayloads, response } = await read(id);
    expect(attemptPayloads).toMatchObject([
      { request: { model: 'one', messages: asked }, response: null },
      { request: { model: 'one', messages: asked }, response: { text: 'by beta' } },
    ]);
    expect(response).toMatchObject({ text: 'by beta' });
    mesh.alpha.always((call) => call.say('no JSON').finish(buildUsage(1, 1)));
    await mesh.ask(COMPLETE, input({ responseSchema: { type: 'object' } }), withRule('FULL'));
    const unfit = await read(await lastId());
    expect(unfit.response).toBeNull();
    expect(unfit.attemptPayloads.at(-1)).toMatchObject({ response: { text: 'no JSON' } });
  });

  it('keeps the values of embeddings, and of the vectors their number and length', async () => {
    const { embed } = await mesh.data<{ embed: { vectors: number[][]; invocation: { id: string } } }>(
      EMBED,
      { input: { model: 'demo/embed', values: ['x', 'y'] } },
      withRule('FULL'),
    );
    expect(await read(embed.invocation.id.slice('invocation:'.length))).toMatchObject({
      request: { values: ['x', 'y'] },
      response: { vectors: 2, dimensions: embed.vectors[0]?.length },
      attemptPayloads: [{ request: { model: 'embed', values: ['x', 'y'] }, response: { vectors: 2 } }],
    });
  });

  it('keeps the payload of a call that is answered from the cache too', async () => {
    mesh.alpha.always((call) => call.say('cached').finish(buildUsage(1, 1)));
    const same = { cache: 'USE', seed: 7 };
    await completed(withRule('FULL'), same);
    const id = await completed(withRule('FULL'), same);
    expect((await mesh.rows()).at(-1)).toMatchObject({ _id: id, cache: 'HIT', sizes: { textCharacters: 6 } });
    expect(await read(id)).toMatchObject({
      request: { messages: asked, seed: 7 },
      response: { text: 'cached' },
      attemptPayloads: [],
    });
  });

  it('keeps no credential of a tool that its provider runs', async () => {
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const tool = { type: 'mcp', server_url: 'https://tools.example', authorization: 'very-secret-token' };
    const id = await completed(withRule('FULL'), { providerTools: { responses: [tool] } });
    expect(JSON.stringify(mesh.alpha.calls.at(-1)?.call.providerTools)).toContain('very-secret-token');
    const kept = JSON.stringify(await read(id));
    expect(kept).toContain('https://tools.example');
    expect(kept).not.toContain('very-secret-token');
  });

  it('has the placeholders of what guardrails mask, never the values, and nothing of what they withhold', async () => {
    const guardrails = {
      planFor: () => buildPlan(wordRule(emails, 'MASK', { kind: 'EMAIL' }), wordRule(/forbidden/, 'BLOCK')),
    };
    await using guarded = await startInference(database, { guardrailPlans: guardrails, now: () => nowMs++ });
    const caller = withRule('FULL', guarded);
    const mail = 'ada@example.com';
    const messages = [{ role: 'USER', content: `Write to ${mail}.` }];
    guarded.alpha.always((call) => call.say('To ⟨EMAIL_1⟩, of course.').finish(buildUsage(1, 1)));
    const { complete } = await guarded.data<{ complete: { id: string; text: string } }>(
      COMPLETE,
      input({ messages }),
      caller,
    );
    expect(complete.text).toBe(`To ${mail}, of course.`);
    const masked = await read(complete.id, reader({}, guarded), guarded);
    expect(masked.request).toMatchObject({ messages: [{ parts: [{ text: 'Write to ⟨EMAIL_1⟩.' }] }] });
    expect(masked.response).toMatchObject({ text: 'To ⟨EMAIL_1⟩, of course.' });
    expect(JSON.stringify(masked)).not.toContain(mail);
    const readSizes = async () => (await guarded.rows()).at(-1)?.sizes;
    expect(await readSizes()).toMatchObject({
      input: [{ characters: 'Write to ⟨EMAIL_1⟩.'.length }],
      textCharacters: complete.text.length,
    });
    guarded.alpha.always((call) => call.say('It is forbidden.').finish(buildUsage(1, 1)));
    await guarded.ask(COMPLETE, input({ messages }), caller);
    const refused = await read(await lastId(guarded), reader({}, guarded), guarded);
    expect(refused).toMatchObject({ payloadState: 'KEPT', attemptPayloads: [{ response: null }] });
    expect(JSON.stringify(refused)).not.toContain('forbidden');
    expect(await readSizes()).toMatchObject({ textCharacters: 0 });
  });
});

describe('a call without a payload', () => {
  it.each([
    ['DEFAULT', {}],
    ['NONE', {}],
    ['METADATA', {}],
    ['FULL', { retention: 'NONE' }],
  ] as const)('is one with the rule %s and %j', async (rule, more) => {
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const id = await completed(withRule(rule), more);
    expect(await payloads(database.connection).findById(id).lean()).toBeNull();
    expect(await read(id)).toEqual({
      id: `invocation:${id}`,
      ...{ request: null, response: null, ratingComment: null, attemptPayloads: [], payloadCut: false },
      payloadState: 'NOT_LOGGED',
    });
  });

  it('METADATA keeps how large the call was, of its call and of its answer; NONE and no rule do not', async () => {
    mesh.alpha.always((call) => call.say('seven', 'up').finish(buildUsage(1, 1)));
    const sizes = {
      input: [{ role: 'USER', characters: 14, parts: 1 }],
      ...{ tools: 0, textCharacters: 7, reasoningCharacters: 0, toolCalls: 0 },
    };
    const readRow = (id: string) => invocations(database.connection).findById(id).lean();
    const id = await completed(withRule('METADATA'));
    expect(await readRow(id)).toMatchObject({ payloadLogging: 'METADATA', sizes });
    await mesh.data(EMBED, { input: { model: 'demo/embed', values: ['ab', 'c'] } }, withRule('METADATA'));
    expect(await readRow(await lastId())).toMatchObject({
      sizes: { input: [{ role: 'USER', characters: 3, parts: 2 }], textCharacters: 0 },
    });
    for (const [rule, more] of [
      ['DEFAULT', {}],
      ['NONE', {}],
      ['METADATA', { retention: 'NONE' }],
    ] as const) {
      expect(await readRow(await completed(withRule(rule), more))).not.toHaveProperty('sizes');
    }
  });

  it('METADATA keeps no words of a provider in the row either', async () => {
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', false)));
    await mesh.ask(COMPLETE, input(), withRule('METADATA'));
    const [last] = (await mesh.rows()).slice(-1);
    expect(last).toMatchObject({ errorCode: 'PROVIDER_ERROR', error: null });
    expect(last?.attempts.map(({ error }) => error)).toEqual(['PROVIDER_ERROR']);
  });

  it('states why: it runs, its time is over, it was deleted, it was not stored, no key opens it', async () => {
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const records = payloads(database.connection);
    const id = await completed(withRule('FULL'));
    const record = await records.findById(id).lean();
    expect(record?.expiresAt).toEqual(new Date((record?.at.getTime() ?? 0) + 30 * 86_400_000));
    nowMs += 30 * 86_400_000;
    expect(await readState(id)).toBe('EXPIRED');
    nowMs -= 30 * 86_400_000;
    expect(await readState(id)).toBe('KEPT');
    await mesh.data('mutation ($id: ID!) { deleteCompletion(id: $id) }', { id }, withRule('FULL'));
    expect(await records.findById(id).lean()).toBeNull();
    expect(await readState(id)).toBe('DELETED');
    const rows = invocations(database.connection);
    await rows.updateOne({ _id: id }, { $unset: { payloadUntil: 1 } });
    expect(await readState(id)).toBe('DROPPED');
    await rows.updateOne({ _id: id }, { $set: { status: 'RUNNING' } });
    expect(await readState(id)).toBe('RUNNING');
    await rows.updateOne({ _id: id }, { $set: { status: 'SUCCEEDED' } });
    const moved = await completed(withRule('FULL'));
    const other = await completed(withRule('FULL'));
    const sealed = (await records.findById(other).lean())?.sealed;
    await records.collection.updateOne({ _id: moved as never }, { $set: { sealed } });
    expect(await read(moved)).toMatchObject({ payloadState: 'UNREADABLE', request: null, response: null });
  });
});

describe('the payload of a call', () => {
  it('is read with logs:read alone, and by its own tenant alone', async () => {
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const id = await completed(withRule('FULL'));
    const rate = 'mutation ($id: ID!) { rateInvocation(id: $id, rating: 2, comment: "Too short.") { id } }';
    await mesh.data(rate, { id }, withRule('FULL'));
    const before = (await notes('payload.read')).length;
    const others: readonly Partial<Caller>[] = [
      { tenantId: 'other', scopes: ['logs:read'] },
      { tenantId: 'other', scopes: ['logs:read', 'tenants:admin'] },
      { tenantId: null, scopes: ['logs:read', 'tenants:admin'] },
      { endUserId: 'ada', scopes: ['logs:read'] },
    ];
    for (const other of others) {
      expect(await read(id, reader(other))).toMatchObject({
        ...{
          payloadState: 'FOREIGN',
          request: null,
          response: null,
          ratingComment: null,
          attemptPayloads: [],
        },
      });
    }
    expect(await read('none')).toMatchObject({ payloadState: 'FOREIGN', request: null });
    const scopes = ['inference:invoke', 'completions:read', 'usage:read', 'audit:read', 'tenants:admin'];
    for (const selected of payload.split(/ (?![^{]*})(?!{)/)) {
      const [field] = selected.split(' ');
      const query = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Invocation { ${selected} } } }`;
      const { errors } = await mesh.ask(query, refs(id), reader({ scopes }));
      expect({ field, code: errors?.[0]?.code }).toEqual({ field, code: 'FORBIDDEN' });
    }
    expect(await notes('payload.read')).toHaveLength(before);
    expect(await read(id)).toMatchObject({ payloadState: 'KEPT', ratingComment: 'Too short.' });
  });

  it('leaves one audit record with its ID each time that it is read, and none where its state is', async () => {
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const ids = [await completed(withRule('FULL')), await completed(withRule('FULL'))];
    const before = (await notes('payload.read')).length;
    await mesh.data(STATE, refs(...ids), reader());
    expect(await notes('payload.read')).toHaveLength(before);
    await mesh.data(READ, refs(...ids, ids[0] ?? ''), reader());
    await mesh.data(READ, refs(...ids.slice(0, 1)), reader());
    const noted = (await notes('payload.read')).slice(before);
    expect(noted.map(({ targetId }) => targetId).toSorted()).toEqual([ids[0], ids[0], ids[1]].toSorted());
    expect(noted[0]).toMatchObject({
      ...{ targetType: 'Invocation', outcome: 'SUCCEEDED', actor: { keyId: mesh.caller.keyId } },
      ...{ before: null, after: null },
    });
  });

  it('is not returned where the read cannot be noted', async () => {
    const { audit, ...services } = testServices(database);
    const failing = { ...audit, begin: () => Promise.reject(new Error('no room')) };
    await using unnoted = await startInference(database, { ...services, audit: failing });
    unnoted.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const id = await completed(withRule('FULL', unnoted), {}, unnoted);
    const { data, errors } = await unnoted.ask<{ _entities: readonly Payload[] }>(
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Invocation { request response } } }',
      refs(id),
      reader({}, unnoted),
    );
    expect(data._entities).toEqual([{ request: null, response: null }]);
    expect(errors).toHaveLength(2);
  });
});
