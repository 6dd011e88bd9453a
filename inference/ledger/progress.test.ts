import { randomUUID } from 'node:crypto';
import { openStore } from '@heddle/embedded-store';
import type { mongo } from 'mongoose';
import { type DestinationStream, pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CatalogModel } from '#catalog/catalog.ts';
import { anonymousCaller } from '#core/caller.ts';
import { type Database, openDatabase } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { countCommands } from '#test/support/subgraph.ts';
import type { UsageBounds } from '../metering/usage-cost.ts';
import { attemptProgress, openingRecord } from './attempt-progress.ts';
import { nativeCollection } from './native-collection.ts';
import { closeOrphan } from './orphan.ts';
import {
  aheadCharsMin,
  createProgressWriter,
  type ProgressSource,
  recordIntervalMs,
  recordMsMax,
  roundIntervalMs,
  roundMsMin,
} from './progress.ts';
import { openRow } from './rows.ts';

const stack = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  const dir = stack.use(await temporaryDirectory());
  const store = await openStore({ dir: dir.path, failPoints: true });
  stack.defer(() => store.close());
  database = stack.use(await openDatabase(store.uri, { monitorCommands: true }));
});
afterAll(() => stack.disposeAsync());

const model = { id: 'm/x', provider: { id: 'm' }, price: null } as CatalogModel;
const bounds = { inputTokensMax: 10, outputTokensMax: null };

/** A running call whose answer grows as the test says. */
async function call(
  within: UsageBounds = bounds,
): Promise<ProgressSource & { receive(chars: number): void }> {
  const id = randomUUID();
  const row = openRow({
    id,
    kind: 'completion',
    labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] },
    caller: { ...anonymousCaller, tenantId: 't' },
    model,
    promptId: null,
    promptVersionId: null,
    cache: 'BYPASS',
    startedAtMs: 1_000,
    ownerId: 'o',
    opening: openingRecord(model, within, aheadCharsMin),
  });
  await nativeCollection(database.connection, invocations).insertOne(row);
  let parts = 0;
  let received = 0;
  return {
    id,
    get parts() {
      return parts;
    },
    get received() {
      return received;
    },
    receive(chars) {
      parts += 1;
      received += chars;
    },
    progress: (aheadChars) => ({
      at: new Date(2_000),
      attempts: [],
      attempt: attemptProgress(model, within, 1_000, { received, usage: null }, aheadChars),
    }),
  };
}

async function recorded({ id }: ProgressSource): Promise<number | undefined> {
  const row = await invocations(database.connection).findById(id).lean<InvocationRecord>();
  return row?.progress?.attempt?.receivedChars;
}

function setup(destination?: DestinationStream) {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const log = destination === undefined ? pino({ level: 'silent' }) : pino({ level: 'warn' }, destination);
  const writer = createProgressWriter(database.connection, {
    log,
    now: () => nowMs,
    schedule(run, ms) {
      const timer = { atMs: nowMs + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  return {
    writer,
    timers,
    /** Lets the time pass, and runs what is due. */
    advance(ms: number) {
      nowMs += ms;
      for (const timer of timers) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.run();
      }
    },
    /** A round ends when the next one is scheduled. */
    roundEnds: () => vi.waitFor(() => expect(timers.size).toBe(1)),
  };
}

describe('the progress of running calls', () => {
  it('is written in the first round after the first token, and again only when more has come', async () => {
    const { writer, advance, roundEnds, timers } = setup();
    const source = await call();
    source.receive(5);
    const followed = writer.follow(source);
    advance(roundMsMin);
    await roundEnds();
    expect(await recorded(source)).toBe(5);
    const commands = await countCommands(database, async () => {
      advance(roundMsMin);
      await roundEnds();
    });
    expect(commands).toEqual([]);
    source.receive(7);
    advance(roundMsMin);
    await roundEnds();
    expect(await recorded(source)).toBe(12);
    followed[Symbol.dispose]();
    source.receive(1);
    advance(roundMsMin);
    expect(timers.size).toBe(0);
    expect(await recorded(source)).toBe(12);
  });

  it('is written of all calls with one command, each at most once in its interval', async () => {
    const { writer, advance, roundEnds } = setup();
    const sources = await Promise.all(Array.from({ length: 60 }, call));
    for (const source of sources) {
      source.receive(1);
      writer.follow(source);
    }
    const round = async () => {
      for (const source of sources) source.receive(1);
      advance(roundMsMin);
      await roundEnds();
    };
    // 60 calls: a record in 300 ms, a round in 150 ms; the first one was set while there was one call.
    const commands: number[] = [];
    for (let at = 0; at < 5; at++) commands.push((await countCommands(database, round)).length);
    expect(commands).toEqual([1, 0, 0, 0, 1]);
    expect(await Promise.all(sources.map(recorded))).toEqual(sources.map(() => 6));
    writer[Symbol.dispose]();
  });

  it('is written of at most 4,096 calls in one round, and of the others in the next', {
    timeout: 120_000,
  }, async () => {
    const { writer, advance, roundEnds } = setup();
    let recorded = 0;
    const note = ({ commandName, command }: mongo.CommandStartedEvent) => {
      if (commandName === 'update') recorded += command.updates.length;
    };
    const client = database.connection.getClient();
    const template = await call();
    client.on('commandStarted', note);
    for (let at = 0; at < 5_000; at++) {
      const { progress } = template;
      writer.follow({ id: `not-there-${at}`, parts: 1, received: 1, progress });
    }
    const rounds: number[] = [];
    for (let at = 0; at < 3; at++) {
      advance(roundIntervalMs(5_000));
      await roundEnds();
      rounds.push(recorded);
    }
    client.off('commandStarted', note);
    writer[Symbol.dispose]();
    expect(rounds).toEqual([4_096, 5_000, 5_000]);
  });

  it('requests at most 200 records a second of up to a thousand calls, and one in five seconds of each beyond', () => {
    for (const calls of [1, 10, 100, 999, 1_000]) {
      expect((calls / recordIntervalMs(calls)) * 1_000, `${calls} calls`).toBeLessThanOrEqual(200);
    }
    expect(recordIntervalMs(1)).toBe(roundMsMin);
    expect(recordIntervalMs(20_000)).toBe(recordMsMax);
    for (const calls of [1, 20, 40, 200, 1_000, 20_000]) {
      expect(roundIntervalMs(calls), `${calls} calls`).toBeLessThanOrEqual(
        Math.max(roundMsMin, recordIntervalMs(calls) / 2),
      );
      expect(roundIntervalMs(calls), `${calls} calls`).toBeLessThanOrEqual(1_000);
    }
  });

  it('never replaces a newer record by an older one, and stays away from closed rows', async () => {
    const { writer } = setup();
    const source = await call();
    const records = Array.from({ length: 20 }, (_, at) => {
      source.receive(1);
      return writer.write(source.id, { ...source.progress(0), at: new Date(at) });
    });
    const updates: string[][] = [];
    const note = ({
      command,
    }: {
      readonly command: { readonly updates?: { readonly q: { _id: string } }[] };
    }) => {
      if (command.updates !== undefined) updates.push(command.updates.map(({ q }) => q._id));
    };
    const client = database.connection.getClient();
    client.on('commandStarted', note);
    await Promise.all(records);
    client.off('commandStarted', note);
    expect(await recorded(source)).toBe(20);
    // One command may apply its updates in any order.
    for (const ids of updates) expect(ids).toEqual([source.id]);
    await invocations(database.connection).updateOne({ _id: source.id }, { $set: { status: 'FAILED' } });
    source.receive(1);
    await writer.write(source.id, source.progress(0));
    expect(await recorded(source)).toBe(20);
  });

  it('disturbs no call when it cannot be written: one warning, and the next round tries again', async () => {
    const lines: string[] = [];
    const { writer, advance, roundEnds } = setup({ write: (line) => void lines.push(line) });
    const source = await call();
    const admin = database.connection.getClient().db('admin');
    const data = { failCommands: ['update'], errorCode: 50 };
    await admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
    writer.follow(source);
    for (let round = 0; round < 3; round++) {
      source.receive(1);
      advance(roundMsMin);
      await roundEnds();
    }
    await writer.write(source.id, source.progress(0));
    expect(await recorded(source)).toBeUndefined();
    expect(lines).toHaveLength(1);
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    source.receive(1);
    advance(roundMsMin);
    await roundEnds();
    expect(await recorded(source)).toBe(4);
    writer[Symbol.dispose]();
  });

  it('is not waited for longer than a second', async () => {
    const { writer, advance, timers } = setup();
    const source = await call();
    const admin = database.connection.getClient().db('admin');
    const data = { failCommands: ['update'], blockConnection: true, blockTimeMS: 60_000 };
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    const written = writer.write(source.id, source.progress(0));
    await vi.waitFor(() => expect(timers.size).toBe(1));
    advance(1_000);
    await written;
  });

  it('covers at every instant what was passed on, at whatever speed it comes, within the reserved bound', async () => {
    const random = createRandom(printedSeed('covered answers'));
    const admin = database.connection.getClient().db('admin');
    // Each write takes a while, so that answers go on meanwhile.
    const data = { failCommands: ['update'], blockConnection: true, blockTimeMS: 5 };
    await admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
    const writer = createProgressWriter(database.connection, { log: pino({ level: 'silent' }) });
    const outputTokensMax = 150;
    const stream = async () => {
      const source = await call({ inputTokensMax: 10, outputTokensMax });
      let passedOn = 0;
      const check = async () => {
        const atLeast = passedOn;
        const row = await invocations(database.connection).findById(source.id).lean<InvocationRecord>();
        const { usage } = closeOrphan(row as InvocationRecord, [], 3_000).closing;
        expect(usage.outputTokens).toBeGreaterThanOrEqual(Math.min(Math.ceil(atLeast / 4), outputTokensMax));
        expect(usage.outputTokens).toBeLessThanOrEqual(outputTokensMax);
      };
      const followed = writer.follow(source);
      for (let part = 0; part < 40; part++) {
        source.receive(random.chance(0.1) ? random.below(300) : random.below(8));
        await followed.cover();
        passedOn = source.received;
        for (let reads = random.below(4); reads > 0; reads--) await check();
      }
      await check();
      followed[Symbol.dispose]();
    };
    await Promise.all(Array.from({ length: 6 }, stream));
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    writer[Symbol.dispose]();
  });

  it('covers what comes at an even speed without a further write, and little more', async () => {
    const { writer, advance, roundEnds } = setup();
    const source = await call();
    const followed = writer.follow(source);
    const commands = await countCommands(database, async () => {
      for (let part = 0; part < 50; part++) {
        source.receive(4);
        expect(followed.cover()).toBeUndefined();
        advance(25);
        if (part % 4 === 3) await roundEnds();
      }
    });
    expect(commands.length).toBeLessThanOrEqual(15);
    const row = await invocations(database.connection).findById(source.id).lean<InvocationRecord>();
    const attempt = row?.progress?.attempt;
    // One interval of 100 ms, and four tokens.
    expect(attempt?.coveredChars).toBeLessThanOrEqual((attempt?.receivedChars ?? 0) + 20 + aheadCharsMin);
    writer[Symbol.dispose]();
  });

  it('holds no answer back while it cannot be written, nor longer than a second', async () => {
    const { writer, advance, timers } = setup();
    const [first, second] = [await call(), await call()];
    const admin = database.connection.getClient().db('admin');
    const data = { failCommands: ['update'], blockConnection: true, blockTimeMS: 60_000 };
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    const followed = writer.follow(first);
    first.receive(1_000);
    const covered = followed.cover();
    expect(covered).toBeInstanceOf(Promise);
    await vi.waitFor(() => expect(timers.size).toBe(2));
    advance(1_000);
    await covered;
    second.receive(1_000);
    expect(writer.follow(second).cover()).toBeUndefined();
    writer[Symbol.dispose]();
  });
});
