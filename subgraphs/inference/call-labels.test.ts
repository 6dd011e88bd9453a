import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const labels = { endUserId: 'u1', conversationId: 'c 1', tags: ['team:a', 'b'] };
const asked = 'Please find out what is wrong with my knee';
const input = (model: string, more: Record<string, unknown> = {}) => ({
  input: { model, messages: [{ role: 'USER', content: asked }], ...labels, ...more },
});
const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
const STREAM = 'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { model { id } } }';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

async function readAll(mesh: TestInference, variables: Record<string, unknown>): Promise<void> {
  for await (const event of await mesh.stream(STREAM, variables))
    expect(event.__typename).toBeTypeOf('string');
}

describe('labels of a call', () => {
  it.each<[string, (mesh: TestInference) => Promise<unknown>]>([
    ['complete', (mesh) => mesh.data(COMPLETE, input('demo/echo'))],
    ['startCompletion', (mesh) => mesh.data(START, input('demo/echo'))],
    ['completionStream', (mesh) => readAll(mesh, input('demo/echo'))],
    ['embed', (mesh) => mesh.data(EMBED, { input: { model: 'demo/embed', values: ['x'], ...labels } })],
    [
      'an answer from the cache',
      async (mesh) => {
        await mesh.data(COMPLETE, input('demo/echo', { cache: 'USE' }));
        await mesh.data(COMPLETE, input('demo/echo', { cache: 'USE' }));
      },
    ],
  ])('stand on the row of %s, beside the id of the request', async (_what, call) => {
    await using mesh = await startInference(database);
    await call(mesh);
    const rows = await mesh.rows();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatchObject({ ...labels, requestId: expect.stringMatching(/-/) });
  });

  it('are refused where they are wrong, and leave no row', async () => {
    await using mesh = await startInference(database);
    const wrong = { endUserId: 'a\nb' };
    expect(await mesh.refusal(COMPLETE, input('demo/echo', wrong))).toMatchObject({ field: 'endUserId' });
    expect(
      await mesh.refusal(EMBED, { input: { model: 'demo/embed', values: ['x'], ...wrong } }),
    ).toMatchObject({
      field: 'endUserId',
    });
    for (const conversationId of ['', 'x'.repeat(129), ' a', 'a\u0000']) {
      const refused = await mesh.refusal(COMPLETE, input('demo/echo', { conversationId }));
      expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', field: 'conversationId' });
    }
    expect(await mesh.rows()).toEqual([]);
  });

  it('have no conversation where no content of the call is kept', async () => {
    await using mesh = await startInference(database);
    await mesh.data(COMPLETE, input('demo/echo', { retention: 'NONE', conversationId: 'x'.repeat(128) }));
    await mesh.data(COMPLETE, input('demo/echo'), { ...mesh.caller, payloadLogging: 'NONE' });
    const rows = await mesh.rows();
    expect(rows.map(({ endUserId, conversationId }) => [endUserId, conversationId])).toEqual([
      ['u1', undefined],
      ['u1', undefined],
    ]);
  });

  it('never reach the provider', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('ok').finish(buildUsage(1, 1)));
    await mesh.data(COMPLETE, input('alpha/one'));
    expect(JSON.stringify(mesh.alpha.calls[0]?.call)).not.toMatch(/u1|c 1|team:a/);
  });
});

describe('the row of a call that failed', () => {
  const echoing = new ProviderFailure('PROVIDER_ERROR', `Bad value "${asked}" (HTTP 500)`, {
    retryable: true,
    status: 500,
  });

  it('states why, and keeps nothing that the provider repeated of the input', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(echoing));
    mesh.beta.always((call) => call.fail(echoing));
    expect(await mesh.refusal(COMPLETE, input('both'))).toMatchObject({ code: 'PROVIDER_ERROR' });
    const [row] = await mesh.rows();
    expect(row).toMatchObject({ errorCode: 'PROVIDER_ERROR', error: 'Bad value "…" (HTTP 500)' });
    expect(row?.attempts.map(({ error }) => error)).toContain('PROVIDER_ERROR: Bad value "…" (HTTP 500)');
    expect(
      JSON.stringify(row, (_name, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('knee');
  });

  it('of an embedding too', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.embed = () => Promise.reject(echoing);
    await mesh.refusal(EMBED, { input: { model: 'alpha/embed', values: [asked] } });
    const [row] = await mesh.rows();
    expect(row).toMatchObject({ errorCode: 'PROVIDER_ERROR', error: 'Bad value "…" (HTTP 500)' });
  });

  it('shows a provider that fails although a fallback answers', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(echoing));
    mesh.beta.always((call) => call.say('ok').finish(buildUsage(1, 1)));
    await mesh.data(COMPLETE, input('both'));
    const [row] = await mesh.rows();
    expect(row).toMatchObject({ status: 'SUCCEEDED', modelId: 'beta/one', error: null });
    expect(row?.attempts.map(({ modelId, outcome }) => [modelId, outcome])).toContainEqual([
      'alpha/one',
      'FAILED',
    ]);
  });
});
