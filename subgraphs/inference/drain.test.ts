import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import { Running } from '#inference/execution/running.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testCaller } from '#test/support/subgraph.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text status } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id status } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { id } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename completionId ... on TextDelta { text }
  ... on CompletionFailed { code completion { status text finishReason } } } }`;
const asking = (more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Hello' }], maxOutputTokens: 50, ...more },
});
const limit: CallerLimit = { subject: 'key:k', meter: 'COST', window: 'DAY', amount: '1000000000' };

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

/** What the client of a call that was under way hears, with the completion that it names. */
interface Heard {
  readonly code: unknown;
  readonly completionId: unknown;
  readonly retryAfterMs?: unknown;
}

type Call = (mesh: TestInference) => Promise<Heard>;

const refused =
  (query: string, variables: Record<string, unknown>): Call =>
  async (mesh) => {
    const { code, completionId, retryAfterMs } = await mesh.refusal(query, variables);
    return { code, completionId, retryAfterMs };
  };

const streamed: Call = async (mesh) => {
  const events: Record<string, unknown>[] = [];
  for await (const event of await mesh.stream(STREAM, asking())) events.push(event);
  const last = events.at(-1) ?? {};
  expect(last).toMatchObject({
    __typename: 'CompletionFailed',
    completion: { status: 'FAILED', finishReason: 'ERROR' },
  });
  return { code: last.code, completionId: last.completionId, retryAfterMs: 1 };
};

const started: Call = async (mesh) => {
  const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(START, asking());
  const events: Record<string, unknown>[] = [];
  const resume = `subscription ($id: ID!) { resumeCompletion(id: $id) {
    completionId ... on CompletionFailed { code } } }`;
  for await (const event of await mesh.stream(resume, { id: startCompletion.id })) events.push(event);
  const last = events.at(-1) ?? {};
  return { code: last.code, completionId: last.completionId, retryAfterMs: 1 };
};

const calls: Record<string, Call> = {
  complete: refused(COMPLETE, asking()),
  'complete with an idempotency key': refused(COMPLETE, asking({ idempotencyKey: 'k' })),
  completionStream: streamed,
  startCompletion: started,
  embed: refused(EMBED, { input: { model: 'alpha/embed', values: ['one two three'] } }),
};

describe('a call that the end of its process cuts', () => {
  it.each(Object.entries(calls))(
    '%s: fails with OVERLOADED and its id, in the row too, and is billed by estimate',
    async (_, call) => {
      await using mesh = await startInference(database, { limits: [limit] });
      const heard = call(mesh);
      const asked = await mesh.alpha.next();
      if (call === streamed) asked.say('twenty letters long. ');
      await mesh.subgraph.drain(0);
      await asked.aborted;
      const [row, ...more] = await mesh.rows();
      expect(more).toEqual([]);
      expect(row).toMatchObject({
        status: 'FAILED',
        errorCode: 'OVERLOADED',
        attempts: [{ outcome: 'FAILED', usageEstimated: true }],
      });
      expect(row?.costNanos).toBeGreaterThan(0n);
      expect(await heard).toEqual({
        code: 'OVERLOADED',
        completionId: row?._id,
        retryAfterMs: expect.any(Number),
      });
      const [spent] = await mesh.quota.read(mesh.caller.tenantId ?? '', [limit]);
      expect(spent).toEqual({ spent: row?.costNanos, reserved: 0n });
    },
  );

  it('may be made again with its idempotency key, in another process', async () => {
    await using one = await startInference(database);
    const keyed = asking({ idempotencyKey: 'cut' });
    const heard = one.refusal(COMPLETE, keyed);
    await one.alpha.next();
    await one.subgraph.drain(0);
    const { completionId } = await heard;
    await using two = await startInference(database);
    two.alpha.always((call) => call.say('whole').finish(buildUsage(3, 1)));
    const again = await two.data<{ complete: { id: string; text: string } }>(COMPLETE, keyed, one.caller);
    expect(again.complete.text).toBe('whole');
    expect(again.complete.id).not.toBe(completionId);
    expect(await two.data(COMPLETE, keyed, one.caller)).toEqual(again);
    expect(two.alpha.calls).toHaveLength(1);
    expect((await one.rows()).map(({ status }) => status)).toEqual(['FAILED', 'SUCCEEDED']);
  });

  it('reports nothing of the health of its provider', async () => {
    await using mesh = await startInference(database);
    const heard = mesh.refusal(COMPLETE, asking());
    await mesh.alpha.next();
    await mesh.subgraph.drain(0);
    await heard;
    const health =
      '{ _entities(representations: [{ __typename: "Provider", id: "alpha" }]) { ... on Provider { health { successRate } } } }';
    expect(await mesh.data(health, {}, testCaller('acme', 'models:read'))).toMatchObject({
      _entities: [{ health: { successRate: null } }],
    });
  });

  it('fails with OVERLOADED while it waits to call again, too', async () => {
    const waiting = Promise.withResolvers<void>();
    const delay = (_ms: number, signal: AbortSignal) => {
      waiting.resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    await using mesh = await startInference(database, { delay });
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', true)));
    const heard = mesh.refusal(COMPLETE, asking());
    await waiting.promise;
    await mesh.subgraph.drain(0);
    expect(await heard).toMatchObject({ code: 'OVERLOADED', completionId: expect.any(String) });
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'OVERLOADED' }]);
  });

  it('takes its identical calls that wait for it along, and none calls the provider anew', async () => {
    await using mesh = await startInference(database);
    const cached = asking({ cache: 'USE' });
    const owner = mesh.refusal(COMPLETE, cached);
    await mesh.alpha.next();
    const waiters = Array.from({ length: 3 }, () => mesh.refusal(COMPLETE, cached));
    const again = mesh.refusal(COMPLETE, asking({ cache: 'USE', idempotencyKey: 'twice' }));
    await mesh.subgraph.drain(0);
    for (const refusal of await Promise.all([owner, ...waiters, again])) {
      expect(refusal).toMatchObject({ code: 'OVERLOADED', retryAfterMs: expect.any(Number) });
    }
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(await mesh.rows()).toHaveLength(1);
  });
});

describe('a drain', () => {
  it('admits calls until the last of them can have come, lets them end, then refuses as not begun', async () => {
    await using mesh = await startInference(database);
    const lastCall = Promise.withResolvers<void>();
    const drained = mesh.subgraph.drain(60_000, lastCall.promise);
    const answering = mesh.data(COMPLETE, asking());
    const call = await mesh.alpha.next();
    lastCall.resolve();
    call.say('whole').finish(buildUsage(3, 1));
    expect(await answering).toMatchObject({ complete: { status: 'SUCCEEDED', text: 'whole' } });
    await drained;
    expect(await mesh.refusal(COMPLETE, asking())).toMatchObject({
      code: 'OVERLOADED',
      notBegun: true,
      retryAfterMs: expect.any(Number),
    });
  });
});

it('stops a call that was admitted before the end of a drain and begins after it', async () => {
  const running = new Running();
  running.admit();
  await running.drain(0);
  const done = Promise.withResolvers<void>();
  const messages: string[] = [];
  const stop = (message: string) => {
    messages.push(message);
    done.resolve();
  };
  running.join({ done: done.promise, stop });
  await done.promise;
  expect(messages).toHaveLength(1);
  expect(() => running.admit()).toThrow(/shutting down/);
});
