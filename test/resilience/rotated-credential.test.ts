import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestClient, overEventStream } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import {
  answerWith,
  delta,
  type LocalProvider,
  openLocalProvider,
  sendJson,
} from '#test/support/provider-mesh.ts';
import { registerUpstream } from './support/ledger.ts';
import { type Restartable, startRestartable } from './support/restartable.ts';

const before = 'upstream-secret-key';
const after = 'upstream-secret-new';

const stack = new AsyncDisposableStack();
let provider: LocalProvider;
let mesh: Restartable;
const isRefused = new Set<string>();
/** Ends the streams that wait. */
let release = Promise.withResolvers<void>();

beforeAll(async () => {
  provider = stack.use(
    await openLocalProvider(async (request, response) => {
      if (isRefused.has(request.secret)) {
        sendJson(response, 401, { error: { message: 'No.' } });
        return;
      }
      if (request.model === 'slow') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(delta('begun '));
        await release.promise;
        response.write(delta('ended'));
        response.write(delta('', 'stop'));
        response.end('data: [DONE]\n\n');
        return;
      }
      answerWith('ok', request, response);
    }),
  );
  const dir = stack.use(await temporaryDirectory());
  mesh = stack.use(await startRestartable(dir.path));
  await registerUpstream(mesh, provider.url, ['quick', 'slow']);
});
afterAll(() => stack.disposeAsync());

const root = () => createTestClient(mesh.url, mesh.adminKey);
const input = (model: string) => ({
  input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'Hi' }], cache: 'BYPASS' },
});
const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { status } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  ... on TextDelta { text } ... on CompletionFinished { completion { status text } } } }`;
const ROTATE = `mutation ($id: ID!, $secret: String!) {
  rotateProviderCredential(id: $id, secret: $secret, overlapSeconds: 3600) { previousEndsAt }
}`;

/** The secrets that a new call shows to the provider. */
async function call(): Promise<readonly string[]> {
  const earlier = provider.requests.length;
  expect(await root().data(COMPLETE, input('quick'))).toEqual({ complete: { status: 'SUCCEEDED' } });
  return provider.requests.slice(earlier).map(({ secret }) => secret);
}

it('a rotated credential serves new calls by its new secret, and those in progress by the old one, also after a kill', {
  timeout: 120_000,
}, async () => {
  expect(await call()).toEqual([before]);
  const stream = overEventStream<{ text?: string; completion?: object }>(root(), STREAM, input('slow'));
  const events: object[] = [];
  while (!JSON.stringify(events).includes('begun')) events.push((await stream.next()).value ?? {});
  const { provider: found } = await root().data<{ provider: { credentials: { id: string }[] } }>(
    '{ provider(id: "up") { credentials { id } } }',
  );
  const id = found.credentials[0]?.id;
  await root().data(ROTATE, { id, secret: after });
  expect(await call()).toEqual([after]);
  release.resolve();
  for await (const event of stream) events.push(event);
  expect(events.at(-1)).toMatchObject({ completion: { status: 'SUCCEEDED', text: 'begun ended' } });
  const slow = provider.requests.filter(({ model }) => model === 'slow');
  expect(slow.map(({ secret }) => secret)).toEqual([before]);

  // A stream by the new secret is cut by the kill; both secrets are there after it.
  release = Promise.withResolvers();
  const cut = overEventStream<object>(root(), STREAM, input('slow'));
  await cut.next();
  await mesh.process.end('SIGKILL');
  release.resolve();
  await mesh.start();
  expect(await call()).toEqual([after]);
  isRefused.add(after);
  expect(await call()).toEqual([after, before]);
  const { auditLog } = await root().data<{ auditLog: { edges: { node: object }[] } }>(
    `query ($id: ID!) { auditLog(filter: { targetId: $id, action: "providerCredential.rotate" }) { edges { node { outcome } } } }`,
    { id },
  );
  expect(auditLog.edges.map(({ node }) => node)).toEqual([{ outcome: 'SUCCEEDED' }]);
  expect(mesh.output()).not.toContain('upstream-secret');
});
