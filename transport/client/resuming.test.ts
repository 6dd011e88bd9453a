import { type ExecutionResult, parse } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { startCuttingProxy } from '#test/support/processes/cutting-proxy.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { deriveMeshKeys } from '../mesh-keys.ts';
import { resumptions } from '../resumption.ts';
import { serveSubgraph } from '../server/serve.ts';
import { overrun } from './errors.ts';
import { createHttpExecutor } from './http.ts';
import { resumeSubscriptions } from './resuming.ts';

const keys = deriveMeshKeys('a secret of at least thirty-two bytes');
const full = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFinished { completion { text } }
  ... on CompletionFailed { code message retryAfterMs completion { id status } }`;
const buildStream = (fields: string) =>
  `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${fields} } }`;
const buildVariables = (onDisconnect: string) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'x' }], onDisconnect },
});

type Event = Readonly<Record<string, unknown>>;

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

/** The inference subgraph in another process, as far as the gateway can tell, behind connections that a test breaks. */
async function startRemote() {
  const stack = new AsyncDisposableStack();
  const mesh = stack.use(await startInference(database));
  const log = pino({ level: 'silent' });
  const served = await serveSubgraph(mesh.subgraph, {
    host: '127.0.0.1',
    port: 0,
    keys,
    log,
    graceMs: 0,
  });
  stack.defer(() => served.close());
  const proxy = stack.use(await startCuttingProxy(new URL(served.url)));
  const executor = stack.use(
    createHttpExecutor({ name: 'inference', url: `http://127.0.0.1:${proxy.port}/graphql`, keys }),
  );
  return { mesh, proxy, executor, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function subscribe(
  { mesh, executor }: { mesh: TestInference; executor: ReturnType<typeof createHttpExecutor> },
  query: string,
  onDisconnect = 'KEEP',
) {
  const answer = await executor.execute({
    document: parse(query),
    variables: buildVariables(onDisconnect),
    caller: mesh.caller,
    requestId: 'r',
    clientRequestId: null,
    clientAddress: null,
  });
  if (!(Symbol.asyncIterator in answer)) throw answer.errors?.[0] ?? new Error('There is no stream.');
  return answer[Symbol.asyncIterator]();
}

/** A stream of which the provider has said these words. */
async function begin(remote: Parameters<typeof subscribe>[0], query: string, ...words: readonly string[]) {
  const asked = subscribe(remote, query);
  const call = await remote.mesh.alpha.next();
  call.say(...words);
  return { events: await asked, call };
}

const readEvent = ({ data }: ExecutionResult) => data?.completionStream as Event;

async function rest(events: AsyncIterator<ExecutionResult>): Promise<Event[]> {
  const seen: Event[] = [];
  for (let step = await events.next(); step.done !== true; step = await events.next()) {
    expect(step.value.errors).toBeUndefined();
    seen.push(readEvent(step.value));
  }
  return seen;
}

describe('a subscription whose connection to its subgraph breaks', () => {
  it.for([
    ['that asks where it is', full],
    [
      'that does not',
      '__typename ... on TextDelta { text } ... on CompletionFinished { completion { text } }',
    ],
    ['that asks for nothing of most events', '... on CompletionFinished { completion { text } }'],
    [
      'that calls its fields otherwise',
      'completionId: sequence sequence: completionId ... on TextDelta { text }',
    ],
    ['that asks by a fragment', '...E'],
  ] as const)('is continued after its last event, for a client %s', async ([, fields]) => {
    await using remote = await startRemote();
    const { proxy } = remote;
    const fragment = 'fragment E on CompletionEvent { sequence ... on TextDelta { text completionId } }';
    const query = `${buildStream(fields)} ${fields === '...E' ? fragment : ''}`;
    const { events, call } = await begin(remote, query, 'a ');
    const seen: Event[] = [];
    for (let at = 0; at < 2; at++) seen.push(readEvent((await events.next()).value));
    proxy.cut();
    call.say('b ', 'c').finish(buildUsage(1, 3));
    seen.push(...(await rest(events)));
    expect(seen.length).toBe(5);
    expect(proxy.connections).toBe(2);
    if (query.includes('TextDelta')) {
      expect(seen.map(({ text = '' }) => text).join('')).toBe('a b c');
    }
  });

  it('loses no token and emits none twice, whenever and however often it breaks', {
    timeout: 120_000,
  }, async () => {
    const random = createRandom(printedSeed('broken subscriptions'));
    await using remote = await startRemote();
    const { proxy } = remote;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const { events, call } = await begin(remote, buildStream(full), 'first ');
        const words = Array.from({ length: 30 }, (_, at) => `${at} `);
        const whole = `first ${words.join('')}`;
        const seen: Event[] = [];
        const take = async () => {
          const { value } = await events.next();
          expect(value.errors).toBeUndefined();
          seen.push(readEvent(value));
        };
        for (const [at, word] of words.entries()) {
          call.say(word);
          if (at === 0) await take();
          if (random.chance(0.7)) await take();
          if (random.chance(0.05)) proxy.cut();
        }
        call.finish(buildUsage(1, 30));
        seen.push(...(await rest(events)));
        expect(seen.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 33 }, (_, at) => at));
        expect(seen.map(({ text = '' }) => text).join('')).toBe(whole);
        expect(seen.at(-1)).toMatchObject({
          __typename: 'CompletionFinished',
          completion: { text: whole },
        });
      }),
    );
  });

  it.for(['CANCEL', 'DRAIN', 'KEEP'])('is not taken for a client that leaves: %s', async (onDisconnect) => {
    await using remote = await startRemote();
    const { mesh, proxy } = remote;
    const asked = subscribe(remote, buildStream(full), onDisconnect);
    const call = await mesh.alpha.next();
    call.say('a ');
    const events = await asked;
    const seen = [await events.next(), await events.next()].map(({ value }) => readEvent(value));
    proxy.cut();
    const next = events.next();
    await vi.waitFor(() => expect(proxy.connections).toBe(2));
    call.say('b').finish(buildUsage(1, 2));
    seen.push(readEvent((await next).value), ...(await rest(events)));
    expect(seen.map(({ text = '' }) => text).join('')).toBe('a b');
    expect(seen.at(-1)).toMatchObject({ __typename: 'CompletionFinished', completion: { text: 'a b' } });
    expect(await mesh.rows()).toMatchObject([{ status: 'SUCCEEDED' }]);
  });

  it('is left, in time, when it is not continued: the provider call of a CANCEL stream is aborted', async () => {
    await using remote = await startRemote();
    const { mesh, proxy } = remote;
    const asked = subscribe(remote, buildStream(full), 'CANCEL');
    const call = await mesh.alpha.next();
    call.say('a');
    const events = await asked;
    await events.next();
    proxy.isUp = false;
    proxy.cut();
    await call.aborted;
    await events.return?.();
  });

  it('is continued when the subgraph is away for a while', async () => {
    await using remote = await startRemote();
    const { mesh, proxy } = remote;
    const { events, call } = await begin(remote, buildStream(full), 'a');
    await events.next();
    await events.next();
    proxy.isUp = false;
    proxy.cut();
    call.finish(buildUsage(1, 1));
    const next = events.next();
    await vi.waitFor(async () => expect((await mesh.rows())[0]?.endedAt).toBeInstanceOf(Date));
    proxy.isUp = true;
    expect(readEvent((await next).value)).toMatchObject({ __typename: 'CompletionFinished', sequence: 2 });
    expect((await events.next()).done).toBe(true);
  });

  it('is not continued after its last event', async () => {
    await using remote = await startRemote();
    const { proxy } = remote;
    const { events, call } = await begin(remote, buildStream(full), 'a');
    call.finish(buildUsage(1, 1));
    for (let at = 0; at < 3; at++) await events.next();
    proxy.cut();
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(proxy.connections).toBe(1);
  });

  it('is not continued for a client that has left, also while it is away', async () => {
    await using remote = await startRemote();
    const { proxy } = remote;
    const { events } = await begin(remote, buildStream(full), 'a');
    await events.next();
    await events.next();
    proxy.isUp = false;
    proxy.cut();
    const next = events.next();
    await events.return?.();
    expect((await next).done).toBe(true);
    expect((await events.next()).done).toBe(true);
    expect(proxy.connections).toBe(1);
  });

  it('fails as it came when it breaks before its first event', async () => {
    await using remote = await startRemote();
    const { mesh, proxy } = remote;
    const asked = subscribe(remote, buildStream(full));
    await mesh.alpha.next();
    proxy.cut();
    await expect(asked).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('a subscription that cannot be continued', () => {
  const { inference: resumption } = resumptions;
  const started = { __typename: 'CompletionStarted', completionId: 'c1', id: 'c1', sequence: 0 };

  const brokenOff: ExecutionResult = {
    errors: [Object.assign(new Error('Broken.'), { extensions: { code: 'INTERNAL' } }) as never],
  };

  /** A subgraph whose first subscription breaks after its first event, and whose others end as `again` says. */
  async function follow(
    fields: string,
    again: () => ExecutionResult | AsyncIterable<ExecutionResult>,
    broke = brokenOff,
  ) {
    if (resumption === undefined) throw new Error('Streams of inference can be continued.');
    let nowMs = 0;
    let calls = 0;
    const delays: number[] = [];
    async function* breaking(): AsyncGenerator<ExecutionResult, undefined> {
      yield { data: { s: started } };
      yield broke;
    }
    const executor = resumeSubscriptions(
      { execute: async () => (calls++ === 0 ? breaking() : again()) },
      {
        resumption,
        now: () => nowMs,
        random: () => 0.5,
        delay: async (ms) => {
          delays.push(ms);
          nowMs += ms;
        },
      },
    );
    const answer = await executor.execute({
      document: parse(`subscription { s: completionStream(input: {}) { ${fields} } }`),
      caller: {} as never,
      requestId: 'r',
      clientRequestId: null,
      clientAddress: null,
    });
    const results: ExecutionResult[] = [];
    if (Symbol.asyncIterator in answer) for await (const result of answer) results.push(result);
    return { last: results.at(-1), calls, delays, nowMs };
  }
  const refusing = (code: string, retryAfterMs?: number) => () => ({
    errors: [Object.assign(new Error('No.'), { extensions: { code, retryAfterMs } }) as never],
  });

  it('ends with the event that reports the failure, in the selection of the client', async () => {
    const fields = `__typename id: completionId ... on TextDelta { text } ... on CompletionFailed { c: code message
      retryAfterMs completion { id status text toolCalls { name } invocation { id } } }`;
    const { last } = await follow(fields, refusing('OVERLOADED', 4_000));
    expect(last).toEqual({
      data: {
        s: {
          __typename: 'CompletionFailed',
          id: 'c1',
          sequence: 1,
          c: 'OVERLOADED',
          message: expect.stringContaining('resumeCompletion'),
          retryAfterMs: 4_000,
          completion: { id: 'c1', status: 'RUNNING', text: '', toolCalls: [], invocation: { id: 'c1' } },
        },
      },
    });
  });

  it('ends with an error that names it, where the client requests of the failure what is not known', async () => {
    const { last } = await follow('... on CompletionFailed { completion { cost } }', refusing('OVERLOADED'));
    expect(last?.data).toBeUndefined();
    expect(last?.errors?.[0]?.extensions).toEqual({
      code: 'OVERLOADED',
      completionId: 'c1',
      retryAfterMs: 1_000,
    });
  });

  it('is tried for a minute, with pauses that grow to two seconds', async () => {
    const { calls, delays, nowMs } = await follow(full, refusing('OVERLOADED'));
    expect(nowMs).toBeGreaterThanOrEqual(60_000);
    expect(nowMs).toBeLessThan(63_000);
    expect(delays.slice(0, 6)).toEqual([100, 200, 400, 800, 1_600, 2_000]);
    expect(calls).toBeLessThan(40);
  });

  it('is tried for no longer than that, when each try is taken and breaks at once', async () => {
    async function* empty(): AsyncGenerator<ExecutionResult, undefined> {}
    const { calls, nowMs, last } = await follow(full, () => empty() as never);
    expect(nowMs).toBeLessThan(63_000);
    expect(calls).toBeLessThan(700);
    expect(last?.data?.s).toMatchObject({ __typename: 'CompletionFailed', code: 'OVERLOADED' });
  });

  it('is one that has emitted nothing more for a minute, not one that breaks again and again', async () => {
    let sequence = 0;
    async function* oneMore(): AsyncGenerator<ExecutionResult, undefined> {
      sequence += 1;
      const __typename = sequence < 1_000 ? 'TextDelta' : 'CompletionFinished';
      yield { data: { s: { ...started, __typename, sequence } } };
      yield brokenOff;
    }
    const { last, calls, nowMs } = await follow('sequence', oneMore);
    expect(last).toMatchObject({ data: { s: { sequence: 1_000 } } });
    expect(calls).toBe(1_001);
    expect(nowMs).toBeGreaterThan(60_000);
  });

  it('is none that breaks after its last event, which ends it without an error', async () => {
    async function* last(): AsyncGenerator<ExecutionResult, undefined> {
      yield { data: { s: { ...started, __typename: 'CompletionFinished', sequence: 1 } } };
      yield brokenOff;
    }
    const { last: result, calls } = await follow('sequence', last);
    expect(result).toMatchObject({ data: { s: { sequence: 1 } } });
    expect(calls).toBe(2);
  });

  it('is one that its own reader was too slow for: it is not continued', async () => {
    const fields = '__typename completionId sequence ... on CompletionFailed { code message }';
    const tooSlow = overrun({ completionId: 'c1' });
    const { last, calls } = await follow(fields, refusing('INTERNAL'), tooSlow);
    const { message } = tooSlow.errors?.[0] ?? {};
    const told = { __typename: 'CompletionFailed', code: 'OVERLOADED', message };
    expect(last).toMatchObject({ data: { s: told } });
    expect(calls).toBe(1);
  });

  it('is abandoned at once where no other try can do better', async () => {
    for (const code of ['NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED', 'BAD_USER_INPUT']) {
      const { calls, last } = await follow(full, refusing(code));
      expect(calls, code).toBe(2);
      expect(last?.data?.s, code).toMatchObject({ __typename: 'CompletionFailed' });
    }
  });
});
