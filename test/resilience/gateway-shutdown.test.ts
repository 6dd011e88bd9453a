import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { overWebSocket } from '#test/support/client.ts';
import { allRows, registerUpstream } from './support/ledger.ts';
import { type SplitMesh, startSplit } from './support/split.ts';
import { buildAnswer, startUpstream, type Upstream } from './support/upstream.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id status text } }';
const events = `__typename completionId sequence
  ... on CompletionFinished { completion { status text } } ... on CompletionFailed { code }`;
const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${events} } }`;
const resume = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${events} } }`;
const call = (model: string) => ({
  input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'ask' }] },
});
interface StreamEvent {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
}

const graceMs = 500;
const stack = new AsyncDisposableStack();
let mesh: SplitMesh;
let upstream: Upstream;
/** Between two words of the provider, and before the first. */
let latencyMs = 0;

beforeAll(async () => {
  upstream = stack.use(await startUpstream({ latencyMs: () => latencyMs }));
  mesh = stack.use(
    await startSplit(['models,prompts,tenants,usage,inference'], {
      HEDDLE_SHUTDOWN_GRACE_MS: String(graceMs),
    }),
  );
  await registerUpstream(mesh, upstream.url, ['m0', 'm1', 'm2']);
}, 120_000);
afterAll(() => stack.disposeAsync());

describe('a gateway that ends while calls are in progress', () => {
  it('answers what it can as OVERLOADED, in the row too, and leaves streams to be resumed elsewhere', {
    timeout: 120_000,
  }, async () => {
    const { client } = await newTenant(() => mesh);
    latencyMs = 3_000;
    const sse = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${client.key}`,
      },
      body: JSON.stringify({ query: stream, variables: call('m1') }),
    });
    let heard = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of sse.body ?? []) heard += decoder.decode(chunk, { stream: true });
    })();
    const socket = overWebSocket<StreamEvent>(client, stream, call('m2'));
    const first = (await socket.next()).value as StreamEvent;
    const broken = expect(reading).rejects.toThrow();
    await vi.waitFor(() => expect(heard).toContain('CompletionStarted'), { timeout: 10_000 });

    const answering = client.send(complete, call('m0'));
    await vi.waitFor(() => expect(upstream.calls.get('m0')).toBe(1), { timeout: 10_000 });

    const gateway = mesh.process('gateway');
    const ended = gateway.end('SIGTERM');
    expect(await answering).toMatchObject({
      errors: [
        {
          extensions: {
            code: 'OVERLOADED',
            completionId: expect.any(String),
            retryAfterMs: expect.any(Number),
          },
        },
      ],
    });
    await broken;
    expect(heard).not.toMatch(/CompletionFinished|event: complete/);
    await expect(Array.fromAsync(socket)).rejects.toBeDefined();
    expect(await ended).toBe(0);
    expect(gateway.output()).not.toContain('ended before everything was closed');

    latencyMs = 0;
    await mesh.start('gateway');
    const [, id = ''] = /"completionId":"([^"]+)"/.exec(heard) ?? [];
    for (const completionId of [id, first.completionId]) {
      const rest = await Array.fromAsync(
        overWebSocket<StreamEvent>(client, resume, { id: completionId, after: 0 }),
      );
      const model = completionId === id ? 'm1' : 'm2';
      expect(rest.at(-1)).toMatchObject({ completion: { status: 'SUCCEEDED', text: buildAnswer(model) } });
    }
    const rows = await allRows(client);
    expect(rows.map(({ model, status, errorCode }) => `${model.id} ${status} ${errorCode}`).sort()).toEqual([
      'up/m0 FAILED OVERLOADED',
      'up/m1 SUCCEEDED null',
      'up/m2 SUCCEEDED null',
    ]);
  });
});
