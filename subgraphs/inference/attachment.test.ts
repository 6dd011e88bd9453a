import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id attachment } }';
const COMPLETION = 'query ($id: ID!) { completion(id: $id) { text attachment error { code } } }';
const DELETE = 'mutation ($id: ID!) { deleteCompletion(id: $id) }';
const secret = 'what the client keeps';

const asking = (more: Record<string, unknown> = {}) => ({
  input: {
    model: 'alpha/one',
    messages: [{ role: 'USER', content: 'Say something.' }],
    attachment: secret,
    ...more,
  },
});
interface Answer {
  readonly complete: { readonly id: string; readonly attachment: string | null };
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('an attachment', () => {
  it('is returned by the completion, is encrypted at rest, and goes with what is deleted, once or twice', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('an ', 'answer').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking());
    expect(complete.attachment).toBe(secret);
    const { id } = complete;
    expect(await mesh.data(COMPLETION, { id })).toMatchObject({
      completion: { text: 'an answer', attachment: secret, error: null },
    });
    const stored = await completions(database.connection).find().lean();
    expect(stored).toHaveLength(2);
    expect(JSON.stringify(stored)).not.toContain(secret);
    for (let n = 0; n < 2; n++) {
      expect(await mesh.data(DELETE, { id })).toEqual({ deleteCompletion: id });
      expect(await mesh.data(COMPLETION, { id })).toMatchObject({
        completion: { text: '', attachment: null },
      });
    }
    expect(await completions(database.connection).find().lean()).toEqual([]);
  });

  it('is refused where nothing is stored, and where it is too long', async () => {
    await using mesh = await startInference(database);
    for (const more of [{ retention: 'NONE' }, { attachment: 'x'.repeat(8 * 1024 * 1024 + 1) }]) {
      const { errors } = await mesh.ask(COMPLETE, asking(more));
      expect(errors?.[0]?.message).toMatch(/^attachment /);
    }
    expect(mesh.alpha.calls).toHaveLength(0);
  });

  it('of another app is neither read nor deleted', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('an answer').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking());
    const other = { ...mesh.caller, keyId: 'other', keyLineId: 'other', appId: 'other' };
    const { id } = complete;
    expect(await mesh.data(COMPLETION, { id }, other)).toEqual({ completion: null });
    const { errors } = await mesh.ask(DELETE, { id }, other);
    expect(errors?.[0]?.code).toBe('NOT_FOUND');
    expect(await mesh.data(COMPLETION, { id })).toMatchObject({ completion: { attachment: secret } });
  });
});
