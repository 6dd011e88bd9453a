import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { id json } }`;
const stream = `subscription ($input: CompletionInput!) {
  completionStream(input: $input) { ... on CompletionFailed { code message } ... on CompletionRestarted { reason } }
}`;
const asking = (responseSchema: unknown, more: object = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'x' }], responseSchema, ...more },
});
const unusable = { type: 'nonsense' };
const endless = { pattern: '^(a+)+$' };
const endlessAnswer = JSON.stringify(`${'a'.repeat(60)}!`);
const requests = (amount: string): CallerLimit => ({
  subject: 'key:1',
  meter: 'REQUESTS',
  window: 'DAY',
  amount,
});

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('responseSchema', () => {
  it('is not looked at for a call whose limit is used up', async () => {
    await using mesh = await startInference(database, { limits: [requests('0')] });
    expect(await mesh.refusal(complete, asking(unusable))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  it('that is refused costs nothing, reaches no provider and leaves no row', async () => {
    await using mesh = await startInference(database, { limits: [requests('1')] });
    mesh.alpha.always((call) => call.say('{}').finish(buildUsage(1, 1)));
    for (let i = 0; i < 2; i++) {
      expect(await mesh.refusal(complete, asking(unusable))).toMatchObject({
        code: 'BAD_USER_INPUT',
        reason: 'SCHEMA_INVALID',
      });
    }
    await expect(mesh.stream(stream, asking(unusable))).rejects.toMatchObject({
      extensions: { reason: 'SCHEMA_INVALID' },
    });
    expect(mesh.alpha.calls).toEqual([]);
    expect(await mesh.rows()).toEqual([]);
    await mesh.data(complete, asking({ type: 'object' }));
  });

  it('that takes too long to check fails its call at once: no provider is called again, and then none at all', async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    mesh.alpha.always((call) => call.say(endlessAnswer).finish(buildUsage(5, 5)));
    mesh.beta.always((call) => call.say('"b"').finish(buildUsage(5, 5)));
    const refused = { code: 'BAD_USER_INPUT', reason: 'SCHEMA_TOO_COSTLY' };
    const first = await mesh.refusal(complete, asking(endless, { model: 'both' }));
    expect(first).toMatchObject({ ...refused, completionId: expect.any(String) });
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(mesh.beta.calls).toHaveLength(0);
    expect(await mesh.rows()).toMatchObject([
      { status: 'FAILED', errorCode: 'BAD_USER_INPUT', usage: { inputTokens: 5, outputTokens: 5 } },
    ]);
    expect(await mesh.refusal(complete, asking(endless))).toMatchObject(refused);
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(await mesh.rows()).toHaveLength(1);
  });

  it('that takes too long to check ends a stream of a route without another beginning', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say(endlessAnswer).finish(buildUsage(5, 5)));
    const events: object[] = [];
    for await (const event of await mesh.stream(stream, asking(endless, { model: 'both' })))
      events.push(event);
    expect(events.at(-1)).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(events.filter((event) => 'reason' in event)).toEqual([]);
    expect(mesh.beta.calls).toHaveLength(0);
  });

  it('leaves a call that is stopped during the check to its client, billed for its answer', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say(endlessAnswer).finish(buildUsage(5, 5)));
    const client = new AbortController();
    const answering = mesh.askWith(complete, asking(endless), client.signal);
    const call = await mesh.alpha.next();
    while (call.taken < 2) await nextTurn();
    await nextTurn();
    client.abort();
    await answering;
    expect(await mesh.rows()).toMatchObject([
      { status: 'CANCELLED', usage: { inputTokens: 5, outputTokens: 5 } },
    ]);
  });
});
