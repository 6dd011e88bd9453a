import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import type { ScriptedCall } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
const asking = (model: string, content = 'Hello') => ({
  input: { model, messages: [{ role: 'USER', content }], cache: 'BYPASS' },
});

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('a refusal of the provider', () => {
  const words = 'invalid api key';
  const refused = (more: object) =>
    new ProviderFailure('PROVIDER_AUTH', `It said: ${words}`, { retryable: false, ...more });

  it.each([
    ['is judged by words that the input does not have', { evidence: words }, 'Hello', true],
    ['is judged by words that the input has', { evidence: words }, 'Translate: "Invalid API key"', false],
    ['is judged by its status, whatever the input', { status: 401 }, 'Translate: "Invalid API key"', true],
    ['is about the call', { isAboutCall: true }, 'Hello', false],
  ])('that %s: does its credential rest for all others?', async (_what, more, content, rests) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(refused(more)));
    for (let call = 0; call < 2; call++) {
      expect((await mesh.refusal(COMPLETE, asking('alpha/one', content))).code).toBe('PROVIDER_AUTH');
    }
    expect(mesh.alpha.calls).toHaveLength(rests ? 1 : 2);
  });
});

describe('a call whose whole time is over', () => {
  it.each([
    ['while its answer comes', (call: ScriptedCall) => call.say('Well, '), 7],
    ['before anything has come', () => undefined, 5],
  ])('%s: of seven one after another this many reach the provider', async (_what, answer, reached) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => void answer(call));
    for (let call = 0; call < 7; call++) await mesh.refusal(COMPLETE, asking('hasty'));
    expect(mesh.alpha.calls).toHaveLength(reached);
  });
});
