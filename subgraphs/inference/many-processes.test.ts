import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openState, type State } from '#state/open-state.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/redis.ts';
import { usageOf } from '#test/support/scripted-provider.ts';

const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  completionId sequence ... on TextDelta { text } } }`;
const RESUME = `subscription ($id: ID!) { resumeCompletion(id: $id) {
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
    states = [opened.use(await openState(url, log)), opened.use(await openState(url, log))];
  });
  afterAll(() => opened.disposeAsync());

  const start = async () => {
    const [first, second] = states;
    const one = await startInference(database, { ...first, state: first });
    const two = await startInference(database, { ...second, state: second });
    return { one, two };
  };

  it('let a client go on in one what it began in the other, while it runs', async () => {
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
    call.say('b').finish(usageOf(1, 2));
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

  it('share meters and cached answers', async () => {
    const { one, two } = await start();
    await using _one = one;
    await using _two = two;
    for (const mesh of [one, two]) mesh.alpha.always((call) => call.say('x').finish(usageOf(1, 1)));
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
