import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { idempotencyKeys } from '#mongo/idempotency-keys.ts';
import { owners } from '#mongo/owners.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { failureOf, usageOf } from '#test/support/scripted-provider.ts';

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
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(usageOf(1, 1)));
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
    for (const mesh of [one, two]) mesh.alpha.always((call) => call.say('once').finish(usageOf(1, 1)));
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
    call.say('the one').finish(usageOf(1, 1));
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
    mesh.alpha.always((call) => call.say('x').finish(usageOf(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('k'));
    expect(await mesh.refusal(COMPLETE, asking('k', 'Something else.'))).toMatchObject({ code: 'CONFLICT' });
    const other = { ...mesh.caller, keyId: 'another-key' };
    const elsewhere = await mesh.data<Answer>(COMPLETE, asking('k'), other);
    expect(elsewhere.complete.id).not.toBe(complete.id);
  });

  it('repeat a failure too', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(failureOf('CONTENT_FILTERED', false)));
    const first = await mesh.refusal(COMPLETE, asking('k'));
    const second = await mesh.refusal(COMPLETE, asking('k'));
    expect(first).toMatchObject({ code: 'CONTENT_FILTERED', completionId: expect.any(String) });
    expect(second).toEqual(first);
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('are free again after a refusal that left no row', async () => {
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'MINUTE', amount: '1' } as const];
    await using mesh = await startInference(database, { limits });
    mesh.alpha.always((call) => call.say('x').finish(usageOf(1, 1)));
    await mesh.data(COMPLETE, asking('first'));
    expect(await mesh.refusal(COMPLETE, asking('k'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const unlimited = { ...mesh.caller, limits: [] };
    expect((await mesh.data<Answer>(COMPLETE, asking('k'), unlimited)).complete.text).toBe('x');
  });

  it('are taken over from a process that died between its claim and its row', async () => {
    let nowMs = Date.now();
    await using mesh = await startInference(database, {
      now: () => nowMs,
      delay: async (ms) => {
        nowMs += ms;
      },
    });
    mesh.alpha.always((call) => call.say('after all').finish(usageOf(1, 1)));
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
    mesh.alpha.always((call) => call.say('twice').finish(usageOf(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('slow to begin'));
    const ownerId = 'elsewhere/1/alive';
    await owners(database.connection).updateOne(
      { _id: ownerId },
      { $set: { expiresAt: new Date(nowMs + 3_600_000) } },
      { upsert: true },
    );
    await idempotencyKeys(database.connection).updateOne(
      { completionId: complete.id },
      { $set: { completionId: 'waits-for-its-row', ownerId } },
    );
    const calls = mesh.alpha.calls.length;
    expect(await mesh.refusal(COMPLETE, asking('slow to begin'))).toMatchObject({
      code: 'OVERLOADED',
      retryAfterMs: expect.any(Number),
    });
    expect(waits).toBeGreaterThan(100);
    expect(mesh.alpha.calls).toHaveLength(calls);
  });
});
