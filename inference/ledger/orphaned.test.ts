import { describe, expect, it } from 'vitest';
import { invocations } from '#mongo/invocations.ts';
import { AnswerBuilder } from '#providers/answer-builder.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import {
  answered,
  bounds,
  database,
  findModel,
  findRow,
  goneOwner,
  model,
  quota,
  services,
  startedAtMs,
  streams,
  sweptAtMs,
  useOrphanedRows,
} from '#test/support/setups/orphaned-rows.ts';
import type { CompletionData, CompletionEventData } from '../completion.ts';
import { Cancelled } from '../execution/attempts/attempt.ts';
import { UsageAccumulator } from '../execution/usage-accumulator.ts';
import { upperBound } from '../metering/usage-cost.ts';
import { attemptProgress } from './attempt-progress.ts';
import { nativeCollection } from './native-collection.ts';
import { closeOrphaned } from './orphaned.ts';
import { createCompletionResults } from './results.ts';
import { attemptRecord, orphanedMessage, toClosing, toCompletionResult } from './rows.ts';

useOrphanedRows();

const results = () => createCompletionResults(database.connection, services);
async function readContent(id: string): Promise<CompletionData | null> {
  const kept = (await results().find([id])).get(id);
  return kept === undefined ? null : JSON.parse(kept.content);
}

const received = (chars: number, usage = null as ReturnType<typeof buildUsage> | null) => ({
  at: new Date(startedAtMs + 500),
  attempt: attemptProgress(model, bounds, startedAtMs, { received: chars, usage }),
});

/** A stream log whose writer died after these events. */
async function orphanedLog(id: string, events: readonly Partial<CompletionEventData>[]): Promise<void> {
  const writer = await streams.open<object>(id, { owner: 'acme', keepMs: 60_000 });
  for (const event of events) void writer.append({ completionId: id, ...event });
}
const started = (modelId = model.id) => ({ type: 'CompletionStarted', modelId }) as const;
const text = (said: string) => ({ type: 'TextDelta', text: said }) as const;

describe('rows of a process that is gone', () => {
  it('are closed once: by the result where there is one, otherwise as FAILED; those of others are left', async () => {
    const [gone, other] = [goneOwner(), goneOwner()];
    const [done, silent, running] = [await gone.open(), await gone.open(), await other.open()];
    const sizes = { input: [], tools: 1, textCharacters: null, reasoningCharacters: null, toolCalls: null };
    await invocations(database.connection).updateMany({ _id: { $in: [done, silent] } }, { $set: { sizes } });
    await results().write([toCompletionResult({ ...answered, id: done }, 'acme', startedAtMs + 400)!]);

    expect(await gone.close()).toBe(2);
    expect(await gone.close(sweptAtMs + 1)).toBe(0);

    expect(await findRow(done)).toMatchObject({
      status: 'SUCCEEDED',
      modelId: 'beta/one',
      providerId: 'beta',
      usage: { inputTokens: 7, outputTokens: 3 },
      costNanos: 9_007_199_254_740_993n,
      latencyMs: 400,
      endedAt: new Date(startedAtMs + 400),
      errorCode: null,
      sizes: { ...sizes, textCharacters: answered.text.length, reasoningCharacters: 0, toolCalls: 0 },
    });
    expect(await findRow(done)).not.toHaveProperty('orphaned');
    expect(await findRow(silent)).toMatchObject({
      status: 'FAILED',
      errorCode: 'INTERNAL',
      endedAt: new Date(sweptAtMs),
      orphaned: true,
      sizes,
    });
    for (const id of [done, silent]) expect(await findRow(id)).not.toHaveProperty('progress');
    expect(await findRow(running)).toMatchObject({ status: 'RUNNING', endedAt: null });
  });

  it('cost what was sent, when nothing had come', async () => {
    const gone = goneOwner();
    const ids = [await gone.open(), await gone.open({}, 'embedding')];
    await gone.close();
    for (const id of ids) {
      expect(await findRow(id)).toMatchObject({
        usage: { inputTokens: 300, outputTokens: 0 },
        costNanos: 300_000n,
        attempts: [{ outcome: 'FAILED', usageEstimated: true, error: expect.stringContaining('process') }],
      });
    }
  });

  it('cost, at whatever point they were cut, what a client that left there is billed, and at most the bound', async () => {
    const random = createRandom(printedSeed('dead rows'));
    for (let round = 0; round < 60; round++) {
      const chars = random.below(8_000);
      const counted = random.chance(0.5) ? buildUsage(random.below(400), random.below(1_000)) : null;
      const gone = goneOwner();
      const id = await gone.open(received(chars, counted));
      await gone.close();

      const partial = new AnswerBuilder();
      partial.add({ type: 'text', text: 'x'.repeat(chars) });
      const cut = {
        outcome: 'CANCELLED',
        reason: new Cancelled('left'),
        reported: counted,
        partial,
        cut: true,
      } as const;
      const client = new UsageAccumulator('');
      client.add(model, cut, { startedAtMs, durationMs: 500 }, bounds);

      const row = await findRow(id);
      const what = `${chars} characters, counted ${JSON.stringify(counted)}`;
      expect(row, what).toMatchObject({ usage: client.usage, costNanos: client.costNanos });
      const bound = upperBound(model, bounds.inputTokensMax, bounds.outputTokensMax);
      expect(row?.costNanos ?? 0n, what).toBeLessThanOrEqual(bound.costNanos);
      if (chars > 0) expect(row?.costNanos, what).toBeGreaterThan(0n);
    }
  });

  it('cost what the stream log holds, where that is more, and keep its text, thoughts and tool calls', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(8));
    const call = {
      type: 'ToolCallDelta',
      index: 0,
      id: 'c1',
      name: 'look',
      argumentsDelta: '{"a":1}',
    } as const;
    const thought = { type: 'ReasoningDelta', text: 'Hm. ' } as const;
    await orphanedLog(id, [started(), thought, text('Twelve chars'), text(' and more.'), call]);
    await gone.close();
    const chars = 'Hm. Twelve chars and more.{"a":1}'.length;
    expect(await findRow(id)).toMatchObject({ usage: { outputTokens: Math.ceil(chars / 4) } });
    expect(await readContent(id)).toMatchObject({
      id,
      status: 'FAILED',
      text: 'Twelve chars and more.',
      reasoning: 'Hm. ',
      toolCalls: [{ id: 'c1', name: 'look', arguments: { a: 1 } }],
      usage: { inputTokens: 300, outputTokens: Math.ceil(chars / 4) },
      attempts: [{ usageEstimated: true }],
      error: { code: 'INTERNAL', message: orphanedMessage },
    });
  });

  it('cost what their progress states, where the log holds less, as after it was abandoned', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(400));
    await orphanedLog(id, [started(), text('short')]);
    await gone.close();
    expect(await findRow(id)).toMatchObject({ usage: { outputTokens: 100 } });
    expect(await readContent(id)).toMatchObject({ text: 'short' });
  });

  it('keep no text whose beginning is no longer held', async () => {
    const few = createMemoryStreamLogs({ eventsMax: 2 });
    const gone = goneOwner();
    const id = await gone.open(received(4));
    const writer = await few.open<object>(id, { owner: 'acme', keepMs: 60_000 });
    for (const event of [started(), text('a'.repeat(40)), text('b'.repeat(40)), text('c'.repeat(40))]) {
      void writer.append(event);
    }
    await closeOrphaned({ ...services, streams: few }, [gone.ownerId], sweptAtMs);
    expect(await readContent(id)).toMatchObject({ text: '' });
    expect((await findRow(id))?.usage.outputTokens).toBeGreaterThan(1);
  });

  it('cost their finished attempts too, and only what came after a restart is the answer', async () => {
    const gone = goneOwner();
    const first = attemptRecord({
      modelId: model.id,
      startedAtMs,
      durationMs: 100,
      outcome: 'FAILED',
      error: 'PROVIDER_ERROR: cut',
      usage: buildUsage(100, 50),
      usageEstimated: false,
      costNanos: '600000',
    });
    const beta = findModel('beta/one');
    const attempt = attemptProgress(beta, bounds, startedAtMs + 200);
    const id = await gone.open({ attempts: [first], attempt });
    await orphanedLog(id, [
      started(),
      text('what the first one said'),
      { type: 'CompletionRestarted', reason: 'cut', modelId: 'beta/one' },
      text('anew'),
    ]);
    await gone.close();
    expect(await findRow(id)).toMatchObject({
      modelId: 'beta/one',
      providerId: 'beta',
      usage: { inputTokens: 400, outputTokens: 51 },
      costNanos: 600_000n + 300_000n + 10_000n,
      attempts: [
        { modelId: 'alpha/one', usageEstimated: false },
        { modelId: 'beta/one', usageEstimated: true },
      ],
    });
    expect(await readContent(id)).toMatchObject({ text: 'anew', modelId: 'beta/one' });
  });

  it('cost nothing of what the log has of another model than the one that was called last', async () => {
    const gone = goneOwner();
    const attempt = attemptProgress(findModel('beta/one'), bounds, startedAtMs + 200);
    const id = await gone.open({ attempt });
    await orphanedLog(id, [started('alpha/one'), text('x'.repeat(400))]);
    await gone.close();
    expect(await findRow(id)).toMatchObject({ modelId: 'beta/one', usage: { outputTokens: 0 } });
  });

  it('cost nothing for an attempt that had not begun', async () => {
    const gone = goneOwner();
    const id = await gone.open({ attempt: null });
    await gone.close();
    expect(await findRow(id)).toMatchObject({ costNanos: 0n, attempts: [] });
  });

  it('are closed also where the log cannot be read', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(40));
    const held = async () => {
      throw new Error('no Redis');
    };
    await closeOrphaned({ ...services, streams: { held } }, [gone.ownerId], sweptAtMs);
    expect(await findRow(id)).toMatchObject({ status: 'FAILED', usage: { outputTokens: 10 } });
  });

  it('are closed only while they are RUNNING, and the meters get what they were closed with', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(4_000));
    const key = { subject: 'key:k', meter: 'TOKENS', window: 'DAY' } as const;
    await quota.reserve({
      id,
      partition: 't',
      ttlMs: 60_000,
      scopes: [],
      amounts: { TOKENS: 5_000n },
      limits: [{ ...key, limit: null }],
    });
    // Its owner lives after all, and comes first.
    const held = async () => {
      const update = { $set: toClosing({ ...answered, id }, 'beta', startedAtMs + 400, null) };
      await nativeCollection(database.connection, invocations).updateOne({ _id: id }, update);
      return [];
    };
    expect(await closeOrphaned({ ...services, streams: { held } }, [gone.ownerId], sweptAtMs)).toBe(0);
    expect(await findRow(id)).toMatchObject({ status: 'SUCCEEDED', usage: answered.usage });
    expect(await quota.read('t', [key])).toEqual([{ spent: 10n, reserved: 0n }]);
  });

  it('commit what they cost to the meters', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(400));
    const tokens = { subject: 'key:dead', meter: 'TOKENS', window: 'DAY' } as const;
    const cost = { ...tokens, meter: 'COST' } as const;
    const limits = [tokens, cost].map((key) => ({ ...key, limit: null }));
    const amounts = { TOKENS: 9_000_000n, COST: 9_000_000n };
    await quota.reserve({ id, partition: 't', ttlMs: 60_000, scopes: [], amounts, limits });
    await gone.close();
    const row = await findRow(id);
    expect(row).toMatchObject({ usage: { inputTokens: 300, outputTokens: 100 }, costNanos: 1_300_000n });
    expect(await quota.read('t', [tokens, cost])).toEqual([
      { spent: 400n, reserved: 0n },
      { spent: 1_300_000n, reserved: 0n },
    ]);
  });

  it('are closed by the result that is kept while they are looked at', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(4_000));
    const held = async () => {
      await results().write([toCompletionResult({ ...answered, id }, 'acme', startedAtMs + 400)!]);
      return [];
    };
    expect(await closeOrphaned({ ...services, streams: { held } }, [gone.ownerId], sweptAtMs)).toBe(1);
    const row = await findRow(id);
    expect(row).toMatchObject({ status: 'SUCCEEDED', modelId: 'beta/one', usage: answered.usage });
    expect(row).not.toHaveProperty('orphaned');
    expect(await readContent(id)).toMatchObject({ text: answered.text });
  });

  it('are closed by a partial answer that an earlier sweep kept before it died itself', async () => {
    const gone = goneOwner();
    const id = await gone.open(received(40));
    await orphanedLog(id, [started(), text('x'.repeat(40))]);
    await gone.close();
    const first = await findRow(id);
    const reopen = { $set: { status: 'RUNNING' }, $unset: { orphaned: true, error: true } } as const;
    await invocations(database.connection).updateOne({ _id: id }, reopen);
    await gone.close();
    expect(await findRow(id)).toMatchObject({
      orphaned: true,
      error: orphanedMessage,
      usage: first?.usage,
      costNanos: first?.costNanos,
    });
  });
});
