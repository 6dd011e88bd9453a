import { describe, expect, it } from 'vitest';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { Quota } from '#state/quota/quota.ts';
import { startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import {
  collectStream as all,
  asking,
  database,
  ended,
  joinText,
  RESUME,
  STREAM,
  types,
  useStreamedCalls,
} from '#test/support/setups/streamed-calls.ts';

useStreamedCalls();

const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id status text } }';
const COMPLETION = 'query ($id: ID!) { completion(id: $id) { id status text finishReason } }';
const CANCEL = 'mutation ($id: ID!) { cancelCompletion(id: $id) { id status finishReason } }';

describe('startCompletion, completion, cancelCompletion, resumeCompletion', () => {
  it('runs without a client, and can be read when it has ended', async () => {
    await using mesh = await startInference(database);
    const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(
      START,
      asking('demo/slow'),
    );
    expect(startCompletion).toMatchObject({ status: 'RUNNING', text: '' });
    const { id } = startCompletion;
    expect(await mesh.data(COMPLETION, { id })).toMatchObject({ completion: { status: 'RUNNING' } });
    const events = await all(await mesh.stream(RESUME, { id }));
    expect(joinText(events)).toBe('one two three');
    expect(await mesh.data(COMPLETION, { id })).toMatchObject({
      completion: { status: 'SUCCEEDED', text: 'one two three', finishReason: 'STOP' },
    });
  });

  it('stops a running completion, whose stream then ends with it', async () => {
    await using mesh = await startInference(database);
    const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(
      START,
      asking('alpha/one'),
    );
    const { id } = startCompletion;
    const call = await mesh.alpha.next();
    call.say('a');
    const events = await mesh.stream(RESUME, { id });
    await events.next();
    expect(await mesh.data(CANCEL, { id })).toMatchObject({ cancelCompletion: { status: 'CANCELLED' } });
    await call.aborted;
    const rest = await all(events);
    expect(rest.at(-1)).toMatchObject({
      __typename: 'CompletionFinished',
      completion: { status: 'CANCELLED', finishReason: 'CANCELLED', text: 'a' },
    });
    expect(await mesh.data(CANCEL, { id })).toMatchObject({ cancelCompletion: { status: 'CANCELLED' } });
  });

  it('bills no retry that was stopped before its provider was called', async () => {
    const inner = createMemoryQuota();
    const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const quota: Quota = {
      ...inner,
      async reserve(reservation) {
        // That of its retry.
        if (reservation.raise) {
          asked.resolve();
          await gate.promise;
        }
        return inner.reserve(reservation);
      },
    };
    const limits = [{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '1000000' } as const];
    await using mesh = await startInference(database, { quota, limits, delay: async () => undefined });
    mesh.alpha.always((call) => {
      call.part({ type: 'usage', usage: buildUsage(7, 0) }).fail(buildFailure('PROVIDER_ERROR', true));
    });
    const client = new AbortController();
    await mesh.stream(STREAM, asking('alpha/one'), { signal: client.signal });
    await asked.promise;
    client.abort();
    gate.resolve();
    const rows = await ended(mesh);
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(rows).toMatchObject([
      { status: 'CANCELLED', attempts: [{ outcome: 'FAILED' }], usage: { inputTokens: 7 } },
    ]);
  });

  it('stops a completion that another process runs, through the bus', async () => {
    await using one = await startInference(database);
    await using two = await startInference(database, { bus: one.bus });
    const { startCompletion } = await one.data<{ startCompletion: { id: string } }>(
      START,
      asking('alpha/one'),
    );
    const call = await one.alpha.next();
    const cancelled = await two.data(CANCEL, { id: startCompletion.id }, one.caller);
    expect(cancelled).toMatchObject({ cancelCompletion: { status: 'CANCELLED' } });
    await call.aborted;
  });

  it("emits an ended completion again when its single events are gone: whole, numbered on from the reader's last", async () => {
    await using one = await startInference(database);
    const events = await all(await one.stream(STREAM, asking('demo/echo')));
    const id = String(events[0]?.completionId);
    await using two = await startInference(database);
    const whole = await all(await two.stream(RESUME, { id }, { caller: one.caller }));
    expect(types(whole)).toEqual(['CompletionStarted', 'TextDelta', 'CompletionFinished']);
    const rest = await all(await two.stream(RESUME, { id, after: 2 }, { caller: one.caller }));
    expect(types(rest)).toEqual(['CompletionRestarted', 'TextDelta', 'CompletionFinished']);
    expect(rest.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    expect(joinText(rest)).toBe('one two three');
  });

  it('are of the same key alone: another key, app or tenant neither reads nor stops nor follows', async () => {
    await using mesh = await startInference(database);
    const { startCompletion } = await mesh.data<{ startCompletion: { id: string } }>(
      START,
      asking('demo/echo'),
    );
    const { id } = startCompletion;
    const strangers = [
      { ...mesh.caller, keyId: 'other', keyLineId: 'other' },
      { ...mesh.caller, appId: 'other', keyId: 'other', keyLineId: 'other' },
      { ...mesh.caller, tenantId: 'other' },
      { ...mesh.caller, endUserId: 'someone' },
    ];
    for (const stranger of strangers) {
      expect(await mesh.data(COMPLETION, { id }, stranger)).toEqual({ completion: null });
      expect(await mesh.refusal(CANCEL, { id }, stranger)).toMatchObject({ code: 'NOT_FOUND' });
      await expect(mesh.stream(RESUME, { id }, { caller: stranger })).rejects.toMatchObject({
        extensions: { code: 'NOT_FOUND' },
      });
    }
  });
});
