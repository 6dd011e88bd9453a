import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Caller } from '#core/caller.ts';
import {
  computeKeyHash,
  type SampleGateway,
  startSampleGateway,
} from '#test/support/gateways/sample-gateway.ts';
import { delta, SampleSource, sampleCaller, started } from '#test/support/gateways/sample-subgraphs.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const query = `subscription { completionStream(input: { model: "m1", text: "x" }) { sequence ... on TextDelta { text } } }`;

interface Opened {
  readonly sample: SampleGateway;
  readonly key: string;
  readonly source: SampleSource;
  readonly lines: Record<string, unknown>[];
  revoke(): Promise<void>;
}

/** A gateway whose clock can be set, with a key and an endless stream. */
async function open(more: Partial<Caller> = {}, clock = { nowMs: 1_800_000_000_000 }): Promise<Opened> {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const sample = stack.use(await startSampleGateway({ now: () => clock.nowMs, log }));
  const source = new SampleSource([started(0), delta(1, 'a')]);
  sample.mesh.source = source;
  const caller: Caller = { ...sampleCaller('inference:invoke'), ...more };
  const key = sample.keyFor(caller);
  const revoke = async () => {
    sample.mesh.callers.delete(computeKeyHash(key));
    await sample.bus.publish('callers.changed', { tenantId: caller.tenantId });
  };
  return { sample, key, source, lines, revoke };
}

type Events = AsyncIterator<{ data?: { completionStream: unknown } | null; errors?: readonly object[] }>;

function overSocket({ sample, key }: Opened): { readonly events: Events; readonly closed: Promise<number> } {
  const closed = Promise.withResolvers<number>();
  const client = createClient({
    url: `${sample.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
    on: { closed: (event) => closed.resolve((event as { code: number }).code) },
  });
  stack.defer(() => client.dispose());
  return { events: client.iterate({ query }) as unknown as Events, closed: closed.promise };
}

function overSse({ sample, key }: Opened): { readonly events: Events } {
  const client = createSseClient({
    url: `${sample.url}/graphql`,
    headers: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  stack.defer(() => client.dispose());
  return { events: client.iterate({ query }) as unknown as Events };
}

const ways = [
  ['a WebSocket', overSocket],
  ['server-sent events', overSse],
] as const;

async function readTwo(events: Events): Promise<void> {
  expect((await events.next()).value?.data?.completionStream).toMatchObject({ sequence: 0 });
  expect((await events.next()).value?.data?.completionStream).toMatchObject({ sequence: 1 });
}

const ended = (message: RegExp) => ({
  errors: [
    expect.objectContaining({
      message: expect.stringMatching(message),
      extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    }),
  ],
});

describe.each(ways)('an open subscription over %s', (way, subscribe) => {
  it('ends with an error when its key is revoked, and its source is left', async () => {
    const mesh = await open();
    const { events, ...socket } = subscribe(mesh) as ReturnType<typeof overSocket>;
    await readTwo(events);
    const next = events.next();
    await mesh.revoke();
    expect((await next).value).toEqual(ended(/^The API key of this subscription has expired or was revoked/));
    expect((await events.next()).done).toBe(true);
    await mesh.source.returned;
    expect(mesh.lines).toContainEqual(expect.objectContaining({ event: 'cut', reason: 'CREDENTIAL_ENDED' }));
    // The client connects again with another key.
    if (way === 'a WebSocket') expect(await socket.closed).toBe(4403);
  });

  it('ends when its token expires, without any change that is announced', async () => {
    const clock = { nowMs: 1_800_000_000_000 };
    const mesh = await open({ kind: 'USER', keyId: null, expiresAtMs: clock.nowMs + 60_000 }, clock);
    const { events } = subscribe(mesh);
    await readTwo(events);
    const next = events.next();
    clock.nowMs += 60_000;
    expect((await next).value).toEqual(ended(/^The token of this subscription has expired/));
  });

  it.each(['app', 'tenant'] as const)('ends when its %s is archived', async (what) => {
    const mesh = await open();
    const { events } = subscribe(mesh);
    await readTwo(events);
    const next = events.next();
    const { callers } = mesh.sample.mesh;
    const caller = callers.get(computeKeyHash(mesh.key)) as Caller;
    callers.set(computeKeyHash(mesh.key), { archived: what, caller });
    await mesh.sample.bus.publish('callers.changed', { tenantId: caller.tenantId });
    expect((await next).value).toEqual(ended(new RegExp(`^The API key .* its ${what} is archived`)));
    await mesh.source.returned;
  });

  it('ends with FORBIDDEN when its key loses a scope that it reads with, and not with another', async () => {
    const mesh = await open({ scopes: ['inference:invoke', 'prompts:read'] });
    const { events } = subscribe(mesh);
    await readTwo(events);
    const narrow = async (...scopes: string[]) => {
      mesh.sample.mesh.callers.set(computeKeyHash(mesh.key), sampleCaller(...scopes));
      await mesh.sample.bus.publish('callers.changed', { tenantId: sampleCaller().tenantId });
    };
    await narrow('inference:invoke');
    mesh.source.push(delta(2, 'b'));
    expect((await events.next()).value?.data?.completionStream).toMatchObject({ sequence: 2 });
    const next = events.next();
    await narrow('prompts:read');
    expect((await next).value).toMatchObject({
      errors: [
        { message: expect.stringMatching(/no longer has the scopes/), extensions: { code: 'FORBIDDEN' } },
      ],
    });
    await mesh.source.returned;
  });

  it('continues when another key is revoked, or when its tenant lets it finish', async () => {
    const mesh = await open({ onRevoke: 'FINISH' });
    const { events } = subscribe(mesh);
    await readTwo(events);
    await mesh.sample.bus.publish('callers.changed', { tenantId: 'other' });
    const narrowed: Caller = { ...sampleCaller(), onRevoke: 'FINISH' };
    mesh.sample.mesh.callers.set(computeKeyHash(mesh.key), narrowed);
    await mesh.sample.bus.publish('callers.changed', { tenantId: narrowed.tenantId });
    await mesh.revoke();
    mesh.source.push(delta(2, 'b'));
    expect((await events.next()).value?.data?.completionStream).toMatchObject({ sequence: 2, text: 'b' });
    await events.return?.();
  });
});

it('a subscription whose key cannot be looked up now continues until it can', async () => {
  const mesh = await open();
  const { events } = overSocket(mesh);
  await readTwo(events);
  const tenants = mesh.sample.mesh.executors.tenants as { execute: unknown };
  const execute = tenants.execute;
  const failed = Promise.withResolvers<void>();
  tenants.execute = () => {
    failed.resolve();
    return Promise.reject(new Error('away'));
  };
  const next = events.next();
  await mesh.revoke();
  await failed.promise;
  tenants.execute = execute;
  expect((await next).value).toEqual(ended(/revoked/));
});
