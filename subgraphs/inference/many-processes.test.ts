import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { openState, type State } from '#state/open-state.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';

const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  completionId sequence ... on TextDelta { text } } }`;
const RESUME = `subscription ($id: ID!, $after: Int! = -1) { resumeCompletion(id: $id, after: $after) {
  __typename sequence ... on TextDelta { text } } }`;
const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text cache } }';

const asking = (more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Hello' }], ...more },
});

if (!hasRedis()) console.warn('Left out: inference in many processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('inference processes that share a Redis', () => {
  const opened = new AsyncDisposableStack();
  let database: Database;
  let states: readonly [State, State];
  beforeAll(async () => {
    database = opened.use(await openTestDatabase());
    await fillCatalog(database);
    const { url } = opened.use(await startRedis());
    const log = pino({ level: 'silent' });
    states = [
      opened.use(await openState(url, log, { seal: testPayloads })),
      opened.use(await openState(url, log, { seal: testPayloads })),
    ];
  });
  afterAll(() => opened.disposeAsync());

  const start = async () => {
    const [first, second] = states;
    const history = createMeterHistory(database.connection);
    const [one, two] = [
      await startInference(database, { ...first, quota: first.openQuota(history) }),
      await startInference(database, { ...second, quota: second.openQuota(history) }),
    ];
    return { one, two };
  };

  it('let a client continue in one what it began in the other, while it runs', async () => {
    const { one, two } = await start();
    await using _one = one;
    await using _two = two;
    const events = await one.stream(STREAM, asking({ onDisconnect: 'KEEP' }));
    const call = await one.alpha.next();
    call.say('a ');
    const { value: first } = await events.next();
    await events.next();
    const id = String(first?.completionId);
    const resumed = await two.stream(RESUME, { id }, { caller: one.caller });
    expect((await resumed.next()).value).toMatchObject({ __typename: 'CompletionStarted', sequence: 0 });
    await events.return?.();
    call.say('b').finish(buildUsage(1, 2));
    const rest: unknown[] = [];
    for await (const event of resumed) rest.push(event);
    expect(rest).toEqual([
      { __typename: 'TextDelta', sequence: 1, text: 'a ' },
      { __typename: 'TextDelta', sequence: 2, text: 'b' },
      { __typename: 'CompletionFinished', sequence: 3 },
    ]);
  });

  it('abort the provider call when the last reader leaves, in whatever process it read', async () => {
    const { one, two } = await start();
    await using _one = one;
    await using _two = two;
    const client = new AbortController();
    const events = await one.stream(STREAM, asking(), { signal: client.signal });
    const call = await one.alpha.next();
    call.say('a ');
    const { value: first } = await events.next();
    const other = new AbortController();
    const id = String(first?.completionId);
    const resumed = await two.stream(RESUME, { id }, { caller: one.caller, signal: other.signal });
    await resumed.next();
    client.abort();
    call.say('b ');
    await vi.waitFor(async () => expect((await resumed.next()).value).toMatchObject({ text: 'b ' }));
    other.abort();
    await call.aborted;
    await vi.waitFor(async () => expect(await one.rows()).toMatchObject([{ status: 'CANCELLED' }]));
  });

  /** What comes until the stream ends. */
  const follow = async (mesh: TestInference, id: string, after: number, caller: Caller) =>
    Array.fromAsync(await mesh.stream(RESUME, { id, after }, { caller }));

  const endedRow = (mesh: TestInference) =>
    vi.waitFor(async () => expect((await mesh.rows())[0]?.endedAt).toBeInstanceOf(Date));

  it.for([0, 1])('report the last event of a drained stream after the end of its row (%s)', async (when) => {
    const { one, two } = await start();
    await using _one = one;
    await using _two = two;
    const events = await one.stream(STREAM, asking({ onDisconnect: 'DRAIN' }));
    const call = await one.alpha.next();
    call.say('a ', 'b ');
    const { value: first } = await events.next();
    await events.next();
    await events.next();
    const id = String(first?.completionId);
    await events.return?.();
    call.say('c');
    // Before or after the completion has ended.
    if (when === 1) {
      call.finish(buildUsage(1, 3));
      await endedRow(one);
    }
    const following = follow(two, id, 2, one.caller);
    if (when === 0) call.finish(buildUsage(1, 3));
    await endedRow(one);
    expect((await following).at(-1)).toMatchObject({ __typename: 'CompletionFinished' });
  });

  it('report the last event of a stream whose log fell silent with its writer', async () => {
    const { one, two } = await start();
    await using _two = two;
    const [{ streams }] = states;
    // A process that dies, as far as others can tell: it writes neither an end nor that it has given up.
    const open: typeof streams.open = async (id, options) => {
      const writer = await streams.open<never>(id, options);
      return {
        get length() {
          return writer.length;
        },
        append: (event, size) => writer.append(event as never, size),
        readers: () => writer.readers(),
        end: async () => undefined,
        [Symbol.asyncDispose]: async () => undefined,
      };
    };
    const silent = { ...states[0], streams: { ...streams, open } };
    await one[Symbol.asyncDispose]();
    await using dying = await startInference(database, silent);
    const start_ = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
    const { startCompletion } = await dying.data<{ startCompletion: { id: string } }>(start_, asking());
    const { id } = startCompletion;
    const call = await dying.alpha.next();
    call.say('a ', 'b');
    const following = [dying, two].map((mesh) => follow(mesh, id, -1, dying.caller));
    await vi.waitFor(async () => expect(call.taken).toBe(2));
    call.finish(buildUsage(1, 2));
    await endedRow(dying);
    for (const events of await Promise.all(following)) {
      expect(events.at(-1)).toMatchObject({ __typename: 'CompletionFinished' });
    }
  });

  it('share meters and cached answers', async () => {
    const { one, two } = await start();
    await using _one = one;
    await using _two = two;
    for (const mesh of [one, two]) mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
    const limits = [{ subject: 'key:k', meter: 'REQUESTS', window: 'MINUTE', amount: '2' } as const];
    const limited = { ...one.caller, limits };
    await one.data(COMPLETE, asking({ cache: 'USE' }), limited);
    await vi.waitFor(async () => {
      expect(await two.data(COMPLETE, asking({ cache: 'USE' }), limited)).toMatchObject({
        complete: { cache: 'HIT' },
      });
    });
    await two.data(COMPLETE, asking(), limited);
    expect(await one.refusal(COMPLETE, asking(), limited)).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });
});
