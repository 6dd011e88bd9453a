import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { idempotencyKeys } from '#mongo/idempotency-keys.ts';
import { createMemoryCache } from '#state/cache/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text cache } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
const READ = 'query ($id: ID!) { completion(id: $id) { status text attachment } }';
const event = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFinished { completion { text } } ... on CompletionFailed { code }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${event} } }`;
const RESUME = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${event} } }`;

interface Answer {
  readonly complete: { readonly id: string; readonly text: string; readonly cache: string };
}

const input = (more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Say something.' }], ...more },
});

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

function withRule(mesh: TestInference, payloadLogging: Caller['payloadLogging']): Caller {
  return { ...mesh.caller, payloadLogging, cacheByDefault: true };
}

const findKept = (id: string) => completions(database.connection).findById(id).lean();

describe('payloadLogging of a tenant', () => {
  it.each(['DEFAULT', 'METADATA', 'FULL'] as const)(
    'leaves it to each call what is stored: %s',
    async (rule) => {
      await using mesh = await startInference(database, { cache: createMemoryCache() });
      mesh.alpha.always((call) => call.say('kept').finish(buildUsage(1, 1)));
      const caller = withRule(mesh, rule);
      const { complete } = await mesh.data<Answer>(COMPLETE, input({ attachment: 'mine' }), caller);
      expect(await mesh.data(READ, { id: complete.id }, caller)).toEqual({
        completion: { status: 'SUCCEEDED', text: 'kept', attachment: 'mine' },
      });
      const unkept = await mesh.data<Answer>(COMPLETE, input({ retention: 'NONE' }), caller);
      expect(await findKept(unkept.complete.id)).toBeNull();
    },
  );

  it.each([{}, { retention: 'DEFAULT' }, { cache: 'USE' }, { cache: 'REFRESH', retention: 'DEFAULT' }])(
    'NONE stores no result and no cached answer, whatever the call states: %j',
    async (more) => {
      await using mesh = await startInference(database, { cache: createMemoryCache() });
      mesh.alpha.always((call) => call.say('an answer').finish(buildUsage(1, 1)));
      const caller = withRule(mesh, 'NONE');
      const { complete } = await mesh.data<Answer>(COMPLETE, input(more), caller);
      expect(complete).toMatchObject({ text: 'an answer', cache: 'BYPASS' });
      expect(await mesh.data(READ, { id: complete.id }, caller)).toEqual({
        completion: { status: 'SUCCEEDED', text: '', attachment: null },
      });
      expect(await findKept(complete.id)).toBeNull();
      await mesh.data<Answer>(COMPLETE, input(more), withRule(mesh, 'DEFAULT'));
      await mesh.data<Answer>(COMPLETE, input(more), caller);
      expect(mesh.alpha.calls).toHaveLength(3);
      expect((await mesh.rows())[0]).toMatchObject({ retention: 'NONE', cache: 'BYPASS' });
    },
  );

  it('NONE holds for embeddings and failures: their rows have codes without words', async () => {
    await using mesh = await startInference(database);
    const caller = withRule(mesh, 'NONE');
    await mesh.data(EMBED, { input: { model: 'demo/embed', values: ['x'] } }, caller);
    mesh.alpha.always((call) => call.say('half').fail(buildFailure('PROVIDER_ERROR', false)));
    expect(await mesh.refusal(COMPLETE, input(), caller)).toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(await mesh.rows()).toMatchObject([
      { kind: 'embedding', retention: 'NONE' },
      { kind: 'completion', retention: 'NONE', errorCode: 'PROVIDER_ERROR', error: null },
    ]);
  });

  it('NONE refuses an attachment, which would be stored', async () => {
    await using mesh = await startInference(database);
    const refusal = await mesh.refusal(COMPLETE, input({ attachment: 'mine' }), withRule(mesh, 'NONE'));
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(refusal.message).toMatch(/^attachment .*payloadLogging NONE/);
    expect(await mesh.rows()).toEqual([]);
  });

  it.each([
    ['the rule of the tenant', 'NONE', {}],
    ['the call', 'DEFAULT', { retention: 'NONE' }],
  ] as const)('lets no provider store the call where %s keeps nothing', async (_, rule, more) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const providerOptions = { chat: { store: true, user: 'u' }, openai: { store: false } };
    await mesh.data(COMPLETE, input({ providerOptions, ...more }), withRule(mesh, rule));
    await mesh.data(COMPLETE, input({ providerOptions }), withRule(mesh, 'DEFAULT'));
    expect(mesh.alpha.calls.map(({ call }) => call.providerOptions?.chat)).toEqual([
      { store: false, user: 'u' },
      { store: true, user: 'u' },
    ]);
  });

  it('NONE lets a stream and a background call be followed until shortly after the end, and not later', async () => {
    let nowMs = Date.now();
    const streams = createMemoryStreamLogs({ now: () => nowMs });
    await using mesh = await startInference(database, { streams });
    const caller = withRule(mesh, 'NONE');
    mesh.alpha.always((call) => call.say('a', 'b').finish(buildUsage(1, 2)));
    const events = await Array.fromAsync(await mesh.stream(STREAM, input(), { caller }));
    expect(events.at(-1)).toMatchObject({ completion: { text: 'ab' } });
    const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(START, input(), caller);
    const resume = async (id: unknown) =>
      Array.fromAsync(await mesh.stream(RESUME, { id, after: 0 }, { caller }));
    expect((await resume(startCompletion.id)).at(-1)).toMatchObject({ completion: { text: 'ab' } });
    expect(await resume(events[0]?.completionId)).toEqual(events.slice(1));
    nowMs += 10_000;
    for (const id of [startCompletion.id, events[0]?.completionId]) {
      expect(await findKept(String(id))).toBeNull();
      await expect(resume(id)).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } });
    }
  });

  it('NONE lets an idempotencyKey prevent a second call, without its answer and a hash of its input', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('once').finish(buildUsage(1, 1)));
    const caller = withRule(mesh, 'NONE');
    const idempotencyKey = randomUUID();
    const { complete } = await mesh.data<Answer>(COMPLETE, input({ idempotencyKey }), caller);
    const claims = await idempotencyKeys(database.connection).find({ completionId: complete.id }).lean();
    expect(claims.map(({ inputHash }) => inputHash)).toEqual(['unkept']);
    for (const rule of ['NONE', 'DEFAULT'] as const) {
      const refusal = await mesh.refusal(COMPLETE, input({ idempotencyKey }), withRule(mesh, rule));
      expect(refusal).toMatchObject({ code: 'CONFLICT', completionId: complete.id });
      expect(refusal.message).toContain('payloadLogging');
    }
    expect(mesh.alpha.calls).toHaveLength(1);
  });
});
