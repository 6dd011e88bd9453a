import { describe, expect, it, vi } from 'vitest';
import type { ProviderPart } from '#providers/provider.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import {
  collectStream as all,
  asking,
  database,
  type Event,
  ended,
  joinText,
  RESUME,
  STREAM,
  types,
  useStreamedCalls,
} from '#test/support/setups/streamed-calls.ts';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';

useStreamedCalls();

describe('completionStream', () => {
  it('numbers its events from 0 without gaps, and ends with the whole completion', async () => {
    await using mesh = await startInference(database);
    const events = await all(await mesh.stream(STREAM, asking('demo/echo')));
    expect(types(events)).toEqual([
      'CompletionStarted',
      'TextDelta',
      'TextDelta',
      'TextDelta',
      'CompletionFinished',
    ]);
    expect(events.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(joinText(events)).toBe('one two three');
    expect(events.at(-1)).toMatchObject({ completion: { text: 'one two three', status: 'SUCCEEDED' } });
    expect(await mesh.rows()).toMatchObject([
      { status: 'SUCCEEDED', timeToFirstTokenMs: expect.any(Number), _id: events[0]?.completionId },
    ]);
  });

  it('emits reasoning and tool calls, and puts their pieces together', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => {
      call
        .part({ type: 'reasoning', text: 'Hm.' })
        .part({ type: 'tool-call', index: 0, id: 'c1', name: 'look', argumentsDelta: '{"at":' })
        .part({ type: 'tool-call', index: 0, argumentsDelta: '"it"}' })
        .finish(buildUsage(3, 4), 'TOOL_CALLS');
    });
    const events = await all(await mesh.stream(STREAM, asking('alpha/one')));
    expect(types(events)).toEqual([
      'CompletionStarted',
      'ReasoningDelta',
      'ToolCallDelta',
      'ToolCallDelta',
      'CompletionFinished',
    ]);
    expect(events.at(-1)).toMatchObject({
      completion: {
        finishReason: 'TOOL_CALLS',
        toolCalls: [{ id: 'c1', name: 'look', arguments: { at: 'it' } }],
      },
    });
  });

  it('falls back unseen while nothing has been shown', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', true)));
    mesh.beta.always((call) => call.say('beta').finish(buildUsage(1, 1)));
    const events = await all(await mesh.stream(STREAM, asking('both')));
    expect(types(events)).toEqual(['CompletionStarted', 'TextDelta', 'CompletionFinished']);
    expect(events[0]).toMatchObject({ model: { id: 'beta/one' } });
  });

  it('restarts on another model once, and reports it, when a route fails after the first token', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('half a').fail(buildFailure('PROVIDER_ERROR', true)));
    mesh.beta.always((call) => call.say('whole').finish(buildUsage(9, 1)));
    const events = await all(await mesh.stream(STREAM, asking('both')));
    expect(types(events)).toEqual([
      'CompletionStarted',
      'TextDelta',
      'CompletionRestarted',
      'TextDelta',
      'CompletionFinished',
    ]);
    expect(events[2]).toMatchObject({ model: { id: 'beta/one' }, reason: expect.stringContaining('script') });
    expect(events.at(-1)).toMatchObject({ completion: { text: 'whole' } });
    const [row] = await mesh.rows();
    expect(row?.attempts).toMatchObject([
      { outcome: 'FAILED', usageEstimated: true },
      { outcome: 'SUCCEEDED', usageEstimated: false },
    ]);
  });

  it('fails visibly when it is cut, and never restarts a model that was called by its id', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('half').cut());
    const events = await all(await mesh.stream(STREAM, asking('alpha/one')));
    expect(types(events)).toEqual(['CompletionStarted', 'TextDelta', 'CompletionFailed']);
    expect(events.at(-1)).toMatchObject({
      code: 'PROVIDER_ERROR',
      completion: { status: 'FAILED', text: 'half' },
    });
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'PROVIDER_ERROR' }]);
  });

  it('fails a provider that stops in the middle, after interTokenMs, and aborts the call', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('and then'));
    mesh.beta.always((call) => call.say('also'));
    const events = await all(await mesh.stream(STREAM, asking('both')));
    expect(types(events).at(-1)).toBe('CompletionFailed');
    expect(events.at(-1)).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      message: expect.stringContaining('60 ms'),
    });
    await mesh.alpha.calls[0]?.aborted;
    await mesh.beta.calls[0]?.aborted;
  });

  it.for([
    [7_000, 7_000],
    [6_999.5, 7_000],
    [1e15, 2_147_483_647],
    [null, null],
  ] as const)(
    'states when to come back as the mutation does, now and later: the provider gives %s ms, clients get %s',
    async ([given, expected]) => {
      await using mesh = await startInference(database);
      mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_RATE_LIMITED', false, given)));
      const more = { idempotencyKey: `limited ${given}` };
      const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
      const retryAfterMs = expected ?? undefined;
      for (let time = 0; time < 2; time++) {
        const refusal = await mesh.refusal(complete, asking('alpha/one', more));
        expect(refusal).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' });
        expect(refusal.retryAfterMs).toBe(retryAfterMs);
      }
      // Another process, whose credential has not been refused.
      await using streaming = await startInference(database);
      streaming.alpha.always((call) => call.fail(buildFailure('PROVIDER_RATE_LIMITED', false, given)));
      const events = await all(await streaming.stream(STREAM, asking('alpha/one')));
      const failed = { code: 'PROVIDER_RATE_LIMITED', retryAfterMs: expected };
      expect(events.at(-1)).toMatchObject(failed);
      const id = events[0]?.completionId;
      // Neither the log nor the process is there any more: only what was stored.
      await using other = await startInference(database);
      for (const after of [-1, 0]) {
        const again = await all(await other.stream(RESUME, { id, after }, { caller: streaming.caller }));
        expect(again.at(-1)).toMatchObject({ __typename: 'CompletionFailed', ...failed });
      }
    },
  );

  it('shows nothing of an answer that a guardrail has to see whole: not a word of a blocked or a broken one', async () => {
    const guardrailPlans = { planFor: () => buildPlan(wordRule(/AKIA/, 'BLOCK')) };
    await using mesh = await startInference(database, { guardrailPlans });
    const key = `AKIA${'A'.repeat(16)}`;
    mesh.alpha.always((call, number) => {
      call.say('It is ', key);
      if (number === 1) call.finish(buildUsage(1, 1));
      else if (number === 2) call.fail(buildFailure('CONTENT_FILTERED', false));
      else call.cut();
    });
    const blocked = await all(await mesh.stream(STREAM, asking('alpha/one')));
    expect(types(blocked)).toEqual(['CompletionStarted', 'CompletionFailed']);
    expect(blocked.at(-1)).toMatchObject({ code: 'GUARDRAIL_BLOCKED', completion: { text: '' } });
    const broken = await all(await mesh.stream(STREAM, asking('alpha/one')));
    expect(broken.at(-1)).toMatchObject({ code: 'CONTENT_FILTERED', completion: { text: '' } });
    expect(JSON.stringify([blocked, broken])).not.toContain(key);
  });

  it('refuses before the stream begins as an error, not as an event', async () => {
    await using mesh = await startInference(database);
    await expect(mesh.stream(STREAM, asking('nope'))).rejects.toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
  });

  it.for(['return', 'signal'] as const)(
    'CANCEL: aborts the provider call when the client leaves (%s), bills what is known, closes the row once',
    async (way) => {
      const limits = [{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '100000' } as const];
      await using mesh = await startInference(database, { limits });
      const client = new AbortController();
      const events = await mesh.stream(STREAM, asking('alpha/one'), { signal: client.signal });
      const call = await mesh.alpha.next();
      call.part({ type: 'usage', usage: buildUsage(33, 1) }).say('a word');
      await events.next();
      await events.next();
      if (way === 'return') await events.return?.();
      else client.abort();
      await call.aborted;
      const rows = await ended(mesh);
      expect(rows).toMatchObject([{ status: 'CANCELLED', usage: { inputTokens: 33, outputTokens: 2 } }]);
      // The meters follow the row: a process that is killed between the two reads them back from it.
      await vi.waitFor(async () => {
        const [tokens] = await mesh.quota.read(mesh.caller.tenantId ?? '', limits);
        expect(tokens).toEqual({ spent: 35n, reserved: 0n });
      });
    },
  );

  it('DRAIN: reads on to the true usage when the client leaves', async () => {
    await using mesh = await startInference(database);
    const events = await mesh.stream(STREAM, asking('alpha/one', { onDisconnect: 'DRAIN' }));
    const call = await mesh.alpha.next();
    call.say('a');
    await events.next();
    await events.return?.();
    call.say('b').finish(buildUsage(4, 40));
    expect(await ended(mesh)).toMatchObject([{ status: 'SUCCEEDED', usage: { outputTokens: 40 } }]);
  });

  it('DRAIN: bills the true usage though the client leaves before an event larger than the bound of its log', async () => {
    await using mesh = await startInference(database);
    const asked = mesh.stream(STREAM, asking('alpha/one', { onDisconnect: 'DRAIN' }));
    const call = await mesh.alpha.next();
    call.say('a', 'x'.repeat(1_200_000), 'b');
    const events = await asked;
    await events.next();
    // The log is full, and its reader behind: the provider is not read further.
    await vi.waitFor(() => expect(call.taken).toBe(2));
    await events.return?.();
    call.finish(buildUsage(7, 3));
    expect(await ended(mesh)).toMatchObject([
      {
        status: 'SUCCEEDED',
        usage: { inputTokens: 7, outputTokens: 3 },
        attempts: [{ usageEstimated: false }],
      },
    ]);
  });

  it('DRAIN: sends a client that returns what it has missed', async () => {
    await using mesh = await startInference(database);
    const events = await mesh.stream(STREAM, asking('alpha/one', { onDisconnect: 'DRAIN' }));
    const call = await mesh.alpha.next();
    call.say('a ');
    await events.next();
    const { value: last } = await events.next();
    await events.return?.();
    const back = mesh.stream(RESUME, { id: String(last?.completionId), after: last?.sequence }).then(all);
    call.say('b ', 'c').finish(buildUsage(4, 40));
    const rest = await back;
    expect(types(rest)).toEqual(['TextDelta', 'CompletionFinished']);
    expect(rest.map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(joinText(rest)).toBe('b c');
  });

  it('DRAIN: whatever a client has had, with what it gets when it comes back it has the answer, once', async () => {
    await using mesh = await startInference(database);
    const parts: ProviderPart[] = [
      { type: 'reasoning', text: 'Hm, ' },
      { type: 'reasoning', text: 'so.' },
      { type: 'text', text: 'a ' },
      { type: 'text', text: 'b ' },
      { type: 'tool-call', index: 0, id: 'c1', name: 'look', argumentsDelta: '{"at":' },
      { type: 'tool-call', index: 0, argumentsDelta: '"it"}' },
      { type: 'text', text: 'c' },
    ];
    for (let had = 1; had <= parts.length; had++) {
      const events = await mesh.stream(STREAM, asking('alpha/one', { onDisconnect: 'DRAIN' }));
      const call = await mesh.alpha.next();
      for (const part of parts.slice(0, had)) call.part(part);
      const seen: Event[] = [];
      for (let at = 0; at <= had; at++) seen.push((await events.next()).value as Event);
      await events.return?.();
      const { completionId: id = '', sequence: after } = seen.at(-1) ?? {};
      const back = mesh.stream(RESUME, { id, after }).then(all);
      for (const part of parts.slice(had)) call.part(part);
      call.finish(buildUsage(1, 9), 'TOOL_CALLS');
      seen.push(...(await back));
      expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_, at) => at));
      const from = types(seen).lastIndexOf('CompletionRestarted') + 1;
      const sent = seen.slice(from);
      const textBy = (type: string) => joinText(sent.filter(({ __typename }) => __typename === type));
      expect([textBy('ReasoningDelta'), textBy('TextDelta')]).toEqual(['Hm, so.', 'a b c']);
      expect(sent.map(({ argumentsDelta = '' }) => argumentsDelta).join('')).toBe('{"at":"it"}');
      // Only a tool call in pieces cannot be continued.
      expect(from > 0, `after ${had}`).toBe(had === 5);
    }
  });

  it('keeps what a client has of a completion that failed and left nothing else', async () => {
    const streams = createMemoryStreamLogs();
    await using mesh = await startInference(database, { ...(await cacheOnly()), streams });
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', false)));
    const events = await all(await mesh.stream(STREAM, asking('alpha/one')));
    await using other = await startInference(database);
    const id = String(events[0]?.completionId);
    const rest = await all(await other.stream(RESUME, { id, after: 7 }, { caller: mesh.caller }));
    expect(types(rest)).toEqual(['CompletionFailed']);
    expect(rest[0]).toMatchObject({ sequence: 8, code: 'PROVIDER_ERROR' });
  });

  it('KEEP: continues when the client leaves, and another connection continues reading after the last number', async () => {
    await using mesh = await startInference(database);
    const events = await mesh.stream(STREAM, asking('alpha/one', { onDisconnect: 'KEEP' }));
    const call = await mesh.alpha.next();
    call.say('a ', 'b ');
    await events.next();
    const { value: last } = await events.next();
    await events.return?.();
    call.say('c').finish(buildUsage(4, 3));
    const id = String(last?.completionId);
    const rest = await all(await mesh.stream(RESUME, { id, after: last?.sequence }));
    expect(rest.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
    expect(joinText(rest)).toBe('b c');
    expect(rest.at(-1)).toMatchObject({ completion: { text: 'a b c' } });
  });

  it('does not read the provider faster than its slowest reader beyond the bound of the log', async () => {
    const streams = createMemoryStreamLogs({ eventsMax: 20 });
    await using mesh = await startInference(database, { ...(await cacheOnly()), streams });
    mesh.alpha.always((call) => {
      call.say(...Array.from({ length: 500 }, () => 'w ')).finish(buildUsage(1, 500));
    });
    const events = await mesh.stream(STREAM, asking('alpha/one'));
    await events.next();
    const [call] = mesh.alpha.calls;
    await vi.waitFor(() => expect(call?.taken).toBeGreaterThan(15));
    // Turns of the event loop in which an unbounded reader would have taken all.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(call?.taken).toBeLessThan(30);
    const rest = await all(events);
    expect(rest).toHaveLength(501);
    expect(rest.at(-1)).toMatchObject({ __typename: 'CompletionFinished' });
  });
});

async function cacheOnly() {
  const { createMemoryCache } = await import('#state/cache/memory.ts');
  return { cache: createMemoryCache() };
}
