import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, overWebSocket, type TestClient } from '#test/support/client.ts';
import { overSse } from '../support/gateways/over-sse.ts';
import { hasRedis, startRedis } from '../support/processes/redis.ts';
import { type SplitMesh, startSplit } from './support/split.ts';

interface Event {
  readonly __typename: string;
  readonly completionId?: string;
  readonly sequence?: number;
  readonly text?: string;
  readonly code?: string;
  readonly retryAfterMs?: number | null;
  readonly completion?: { readonly id: string; readonly status: string };
}

const full = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFinished { completion { id status } }
  ... on CompletionFailed { code message retryAfterMs completion { id status } }`;
/** Of a client that cannot resume by itself: it does not ask where it is. */
const bare = '__typename ... on TextDelta { text } ... on CompletionFailed { code message }';
const buildStream = (fields: string) =>
  `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${fields} } }`;
const buildInput = (onDisconnect: string) => ({
  input: {
    model: 'demo/slow',
    messages: [{ role: 'USER', content: 'word '.repeat(400).trim() }],
    cache: 'BYPASS',
    onDisconnect,
  },
});

if (!hasRedis()) console.warn('Left out: a killed inference process. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('streams of an inference process that is killed', () => {
  const stack = new AsyncDisposableStack();
  let mesh: SplitMesh;
  let client: TestClient;
  beforeAll(async () => {
    const { url } = stack.use(await startRedis());
    mesh = stack.use(await startSplit(['models,prompts,tenants,usage', 'inference'], { REDIS_URL: url }));
    client = createTestClient(mesh.url, mesh.adminKey);
  });
  afterAll(() => stack.disposeAsync());

  it('end with CompletionFailed, whatever handler they came by, when it is started again', {
    timeout: 120_000,
  }, async () => {
    const doors = { WebSocket: overWebSocket<Event>, SSE: overSse<Event> };
    const streams = Object.entries(doors).flatMap(([door, open]) =>
      ['CANCEL', 'DRAIN', 'KEEP'].flatMap((onDisconnect) =>
        Object.entries({ full, bare }).map(([selection, fields]) => {
          const begun = Promise.withResolvers<void>();
          const events: Event[] = [];
          const ended = (async () => {
            for await (const event of open(client, buildStream(fields), buildInput(onDisconnect))) {
              events.push(event);
              if (events.length === 5) begun.resolve();
            }
          })();
          ended.catch(begun.reject);
          return { what: `${door} ${onDisconnect} ${selection}`, events, ended, begun: begun.promise };
        }),
      ),
    );
    await Promise.all(streams.map(({ begun }) => begun));
    await mesh.process('inference').end('SIGKILL');
    await mesh.start('inference');
    await Promise.all(streams.map(({ ended }) => ended));
    for (const { what, events } of streams) {
      const last = events.at(-1);
      expect(last?.__typename, what).toBe('CompletionFailed');
      expect(
        events.filter(({ __typename }) => __typename === 'CompletionStarted'),
        what,
      ).toHaveLength(1);
      expect(
        events.some(({ __typename }) => __typename === 'CompletionRestarted'),
        what,
      ).toBe(false);
      expect(last?.code, what).toMatch(/^(INTERNAL|OVERLOADED)$/);
      if (!what.endsWith('full')) continue;
      expect(
        events.map(({ sequence }) => sequence),
        what,
      ).toEqual(events.map((_, at) => at));
      expect(last?.retryAfterMs, what).toBeGreaterThan(0);
      expect(last?.completion, what).toEqual({ id: last?.completionId, status: 'FAILED' });
    }
  });
});
