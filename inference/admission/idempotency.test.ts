import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { idempotencyKeys } from '#mongo/idempotency-keys.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { owners } from '#mongo/owners.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { Quota } from '#state/quota/quota.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { nativeCollection } from '../ledger/native-collection.ts';
import { processSpace } from '../ledger/owners.ts';
import { createIdempotency, type Idempotency } from './idempotency.ts';

const COMPLETE =
  'mutation ($input: CompletionInput!) { complete(input: $input) { id status text usage { totalTokens } } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id status } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  completionId sequence ... on TextDelta { text } } }`;

const asking = (idempotencyKey: string, content = 'Say something.', more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content }], idempotencyKey, ...more },
});

interface Answer {
  readonly complete: { readonly id: string; readonly text: string };
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('idempotency keys', () => {
  it('make one provider call and one row of fifty calls at once', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(1, 1)));
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => mesh.data<Answer>(COMPLETE, asking('k'))),
    );
    expect(new Set(answers.map(({ complete }) => JSON.stringify(complete))).size).toBe(1);
    expect(answers[0]?.complete.text).toBe('answer 1');
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(await mesh.rows()).toHaveLength(1);
  });

  it('join calls of several processes', async () => {
    await using one = await startInference(database);
    await using two = await startInference(database);
    for (const mesh of [one, two]) mesh.alpha.always((call) => call.say('once').finish(buildUsage(1, 1)));
    const answers = await Promise.all(
      [one, two, one, two].map((mesh) => mesh.data<Answer>(COMPLETE, asking('k'), one.caller)),
    );
    expect(new Set(answers.map(({ complete }) => complete.id)).size).toBe(1);
    expect(one.alpha.calls.length + two.alpha.calls.length).toBe(1);
  });

  it('give the same completion later, and while it runs, by every field', async () => {
    await using mesh = await startInference(database);
    const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(START, asking('k'));
    const again = await mesh.data<{ startCompletion: object }>(START, asking('k'));
    expect(again.startCompletion).toEqual({ id: startCompletion.id, status: 'RUNNING' });
    const waiting = mesh.data<Answer>(COMPLETE, asking('k'));
    const call = await mesh.alpha.next();
    call.say('the one').finish(buildUsage(1, 1));
    expect((await waiting).complete).toMatchObject({ id: startCompletion.id, text: 'the one' });
    const texts: unknown[] = [];
    for await (const { completionId, text } of await mesh.stream(STREAM, asking('k'))) {
      expect(completionId).toBe(startCompletion.id);
      if (text !== undefined) texts.push(text);
    }
    expect(texts).toEqual(['the one']);
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('refuse other input, and are of each caller alone', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('k'));
    expect(await mesh.refusal(COMPLETE, asking('k', 'Something else.'))).toMatchObject({ code: 'CONFLICT' });
    const other = { ...mesh.caller, keyLineId: 'another-key' };
    const elsewhere = await mesh.data<Answer>(COMPLETE, asking('k'), other);
    expect(elsewhere.complete.id).not.toBe(complete.id);
  });

  it('repeat a failure too', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(buildFailure('CONTENT_FILTERED', false)));
    const first = await mesh.refusal(COMPLETE, asking('k'));
    const second = await mesh.refusal(COMPLETE, asking('k'));
    expect(first).toMatchObject({ code: 'CONTENT_FILTERED', completionId: expect.any(String) });
    expect(second).toEqual(first);
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('are free again after a refusal that left no row', async () => {
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'MINUTE', amount: '1' } as const];
    await using mesh = await startInference(database, { limits });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    await mesh.data(COMPLETE, asking('first'));
    expect(await mesh.refusal(COMPLETE, asking('k'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const unlimited = { ...mesh.caller, limits: [] };
    expect((await mesh.data<Answer>(COMPLETE, asking('k'), unlimited)).complete.text).toBe('x');
  });

  it('are free at once, in every process, after a refusal that left no row', async () => {
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'MINUTE', amount: '0' } as const];
    await using one = await startInference(database, { limits });
    let waits = 0;
    await using two = await startInference(database, {
      delay: async () => {
        waits += 1;
      },
    });
    two.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    expect(await one.refusal(COMPLETE, asking('k'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const { complete } = await two.data<Answer>(COMPLETE, asking('k'), { ...one.caller, limits: [] });
    expect(complete.text).toBe('x');
    expect(waits).toBe(0);
  });

  it('are taken over from a process that died between its claim and its row', async () => {
    let nowMs = Date.now();
    await using mesh = await startInference(database, {
      now: () => nowMs,
      delay: async (ms) => {
        nowMs += ms;
      },
    });
    mesh.alpha.always((call) => call.say('after all').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('k'));
    await idempotencyKeys(database.connection).updateOne(
      { completionId: complete.id },
      { $set: { completionId: 'never-had-a-row', ownerId: 'elsewhere/1/gone' } },
    );
    const again = await mesh.data<Answer>(COMPLETE, asking('k'));
    expect(again.complete.text).toBe('after all');
    expect(again.complete.id).not.toBe(complete.id);
  });

  it('are never taken over from a process that lives, however long it takes to begin', async () => {
    let nowMs = Date.now();
    let waits = 0;
    await using mesh = await startInference(database, {
      now: () => nowMs,
      delay: async (ms) => {
        nowMs += ms;
        waits += 1;
      },
    });
    mesh.alpha.always((call) => call.say('twice').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('slow to begin'));
    const ownerId = 'elsewhere/1/alive';
    await owners(database.connection).updateOne(
      { _id: ownerId },
      { $set: { aliveUntil: new Date(nowMs + 3_600_000), expiresAt: new Date(nowMs + 3_600_000) } },
      { upsert: true },
    );
    await idempotencyKeys(database.connection).updateOne(
      { completionId: complete.id },
      { $set: { completionId: 'waits-for-its-row', ownerId } },
    );
    const calls = mesh.alpha.calls.length;
    const askedAtMs = nowMs;
    expect(await mesh.refusal(COMPLETE, asking('slow to begin'))).toMatchObject({
      code: 'OVERLOADED',
      retryAfterMs: expect.any(Number),
    });
    expect(waits).toBeGreaterThan(100);
    expect(nowMs - askedAtMs).toBeLessThanOrEqual(60_000);
    expect(mesh.alpha.calls).toHaveLength(calls);
  });

  it('stand for 24 hours, to the millisecond', async () => {
    let nowMs = Date.now();
    await using mesh = await startInference(database, { now: () => nowMs });
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('day'));
    nowMs += 86_400_000 - 1;
    expect((await mesh.data<Answer>(COMPLETE, asking('day'))).complete.id).toBe(complete.id);
    nowMs += 1;
    expect((await mesh.data<Answer>(COMPLETE, asking('day'))).complete.text).toBe('answer 2');
  });

  it('refuse other input also while the first call is being admitted', async () => {
    const admission = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const quota = createMemoryQuota();
    const slow: Quota = {
      ...quota,
      async reserve(reservation) {
        asked.resolve();
        await admission.promise;
        return quota.reserve(reservation);
      },
    };
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'DAY', amount: '10' } as const];
    await using mesh = await startInference(database, { quota: slow, limits });
    mesh.alpha.always((call) => call.say('the first').finish(buildUsage(1, 1)));
    const first = mesh.data<Answer>(COMPLETE, asking('k'));
    await asked.promise;
    expect(await mesh.refusal(COMPLETE, asking('k', 'Something else.'))).toMatchObject({ code: 'CONFLICT' });
    const same = mesh.data<Answer>(COMPLETE, asking('k'));
    admission.resolve();
    expect((await same).complete).toEqual((await first).complete);
    expect(mesh.alpha.calls).toHaveLength(1);
  });
});

describe('idempotency keys of calls whose process died', () => {
  /** Makes the row of a call with this key that of a dead process, as it stood while it ran. */
  async function leaveDead(mesh: TestInference, key: string, ownerId = deadOwner()) {
    mesh.alpha.always((call) => call.say('too late').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(key));
    const running = { status: 'RUNNING', endedAt: null, ownerId } as const;
    await invocations(database.connection).updateOne({ _id: complete.id }, { $set: running });
    await completions(database.connection).deleteOne({ _id: complete.id });
    await idempotencyKeys(database.connection).updateOne(
      { completionId: complete.id },
      { $set: { ownerId } },
    );
    const calls = mesh.alpha.calls.length;
    mesh.alpha.always((call) => call.say('after all').finish(buildUsage(1, 1)));
    return { id: complete.id, calls };
  }
  // No process has such a number.
  const deadOwner = () => `${processSpace}/4194305/${randomUUID()}`;
  const findRow = (id: string) => invocations(database.connection).findById(id).lean();

  it('stand for a new call, which the same calls then join; the dead one is closed and billed', async () => {
    await using mesh = await startInference(database);
    const { id, calls } = await leaveDead(mesh, 'k');
    const answers = await Promise.all([1, 2, 3].map(() => mesh.data<Answer>(COMPLETE, asking('k'))));
    answers.push(await mesh.data<Answer>(COMPLETE, asking('k')));
    expect(new Set(answers.map(({ complete }) => complete.id)).size).toBe(1);
    expect(answers[0]?.complete).toMatchObject({ text: 'after all' });
    expect(answers[0]?.complete.id).not.toBe(id);
    expect(mesh.alpha.calls).toHaveLength(calls + 1);
    expect(await findRow(id)).toMatchObject({ status: 'FAILED', errorCode: 'INTERNAL', orphaned: true });
    expect(await mesh.refusal(COMPLETE, asking('k', 'Something else.'))).toMatchObject({ code: 'CONFLICT' });
  });

  it('are taken over by one of several processes', async () => {
    await using one = await startInference(database);
    await using two = await startInference(database);
    const { calls } = await leaveDead(one, 'k');
    two.alpha.always((call) => call.say('after all').finish(buildUsage(1, 1)));
    const answers = await Promise.all(
      [one, two, one, two].map((mesh) => mesh.data<Answer>(COMPLETE, asking('k'), one.caller)),
    );
    expect(new Set(answers.map(({ complete }) => complete.id)).size).toBe(1);
    expect(one.alpha.calls.length - calls + two.alpha.calls.length).toBe(1);
  });

  it('stand for a new call by every field', async () => {
    await using mesh = await startInference(database);
    const dead = [await leaveDead(mesh, 'start'), await leaveDead(mesh, 'stream')].map(({ id }) => id);
    const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(START, asking('start'));
    expect(dead).not.toContain(startCompletion.id);
    const events = await Array.fromAsync(await mesh.stream(STREAM, asking('stream')));
    expect(dead).not.toContain(events[0]?.completionId);
    expect(events).toContainEqual(expect.objectContaining({ text: 'after all' }));
  });

  it('run the call again for those who waited for the dead one', async () => {
    const polled = Promise.withResolvers<void>();
    await using mesh = await startInference(database, {
      async delay() {
        polled.resolve();
        await new Promise(setImmediate);
      },
    });
    const ownerId = `elsewhere/1/${randomUUID()}`;
    const lease = (aliveUntil: Date) =>
      owners(database.connection).updateOne(
        { _id: ownerId },
        { $set: { aliveUntil, expiresAt: new Date(Date.now() + 3_600_000) } },
        { upsert: true },
      );
    await lease(new Date(Date.now() + 3_600_000));
    const { id, calls } = await leaveDead(mesh, 'k', ownerId);
    const waiting = mesh.data<Answer>(COMPLETE, asking('k'));
    // It is seen to run, and waited for; then its process is gone.
    await polled.promise;
    await lease(new Date(0));
    await using other = await startInference(database);
    expect((await waiting).complete).toMatchObject({ text: 'after all' });
    expect((await waiting).complete.id).not.toBe(id);
    expect(mesh.alpha.calls).toHaveLength(calls + 1);
    expect(other.alpha.calls).toHaveLength(0);
  });

  it('stand for a new call when the mesh has ended the first', async () => {
    await using one = await startInference(database);
    await using two = await startInference(database);
    const first = one.refusal(COMPLETE, asking('k'));
    await one.alpha.next();
    await one.subgraph.drain(0);
    expect(await first).toMatchObject({ code: 'OVERLOADED', retryAfterMs: expect.any(Number) });
    two.alpha.always((call) => call.say('after all').finish(buildUsage(1, 1)));
    const again = await two.data<Answer>(COMPLETE, asking('k'), one.caller);
    expect(again.complete.text).toBe('after all');
    expect(again.complete.id).not.toBe((await first).completionId);
  });

  it('keep the meaning of every other failure', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(new Error('boom')));
    const first = await mesh.refusal(COMPLETE, asking('k'));
    expect(first).toMatchObject({ completionId: expect.any(String) });
    expect(await mesh.refusal(COMPLETE, asking('k'))).toEqual(first);
    expect(mesh.alpha.calls).toHaveLength(1);
  });
});

describe('a claim on an idempotency key that another process replaces', () => {
  const caller = testCaller('t-claims');
  const labels = { endUserId: null, tags: [], requestId: 'r', clientRequestId: null };
  const request = (idempotencyKey: string) =>
    ({
      idempotencyKey,
      model: 'alpha/one',
      promptVersionId: null,
      call: {},
      labels,
    }) as unknown as Parameters<Idempotency['once']>[0];
  const timing = { now: Date.now, delay: async () => undefined };

  /** Claims as one process; `whileAsked` runs when it asks whether the owner of a claim is gone. */
  function process(ownerId: string, whileAsked: () => Promise<unknown> = async () => undefined) {
    const gone = async (ownerIds: readonly string[]) => {
      await whileAsked();
      return ownerIds;
    };
    const services = { connection: database.connection, ...timing };
    const idempotency = createIdempotency(services, { ownerId, gone, sweep: async () => 0 });
    /** The call begins with a row. */
    const run = (key: string, id: string) =>
      idempotency.once(request(key), caller, id, async () => {
        const row = { _id: id, status: 'RUNNING', ownerId } as unknown as InvocationRecord;
        await nativeCollection<InvocationRecord>(database.connection, invocations).insertOne(row);
        return id;
      });
    return { run, isUsed: (key: string) => idempotency.isUsed(request(key), caller) };
  }
  const claims = () => idempotencyKeys(database.connection);

  it('is not taken from the one who took it over first', async () => {
    await process('dead').run('raced', 'dead-call');
    await invocations(database.connection).deleteOne({ _id: 'dead-call' });
    const first = process('first');
    let firstRan: Promise<unknown> | undefined;
    const second = process('second', async () => {
      firstRan ??= first.run('raced', 'first-call');
      await firstRan;
    });
    expect(await second.run('raced', 'second-call')).toEqual({ usedBy: 'first-call' });
    expect(await firstRan).toEqual({ admitted: 'first-call' });
  });

  it('stands for a call until it expires, to the millisecond', async () => {
    const { run, isUsed } = process('one');
    expect(await isUsed('used')).toBe(false);
    await run('used', 'used-call');
    expect(await isUsed('used')).toBe(true);
    const expireAt = (ms: number) =>
      claims().updateOne({ completionId: 'used-call' }, { $set: { expiresAt: new Date(ms) } });
    const nowMs = Date.now();
    using _now = vi.spyOn(timing, 'now').mockReturnValue(nowMs);
    const timed = process('two');
    await expireAt(nowMs + 1);
    expect(await timed.isUsed('used')).toBe(true);
    await expireAt(nowMs);
    expect(await timed.isUsed('used')).toBe(false);
  });

  it('is not removed with the one that had expired', async () => {
    await process('before').run('expired', 'before-call');
    await claims().updateOne({ completionId: 'before-call' }, { $set: { expiresAt: new Date(0) } });
    const removing = vi.spyOn(claims(), 'deleteOne');
    removing.mockImplementationOnce(((filter: object) =>
      claims()
        .deleteOne(filter)
        .then(() => process('first').run('expired', 'earlier-call'))
        .then(() => claims().deleteOne(filter))) as never);
    expect(await process('second').run('expired', 'later-call')).toEqual({ usedBy: 'earlier-call' });
    removing.mockRestore();
  });
});
