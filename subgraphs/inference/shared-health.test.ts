import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';

const asking = (more: Record<string, unknown> = {}) => ({
  input: {
    model: 'alpha/one',
    messages: [{ role: 'USER', content: 'Hello' }],
    cache: 'BYPASS',
    maxOutputTokens: 10,
    ...more,
  },
});
const toolNamed = (name: string) => ({ tools: [{ name, parameters: {} }] });

const opened = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  database = opened.use(await openTestDatabase());
  await fillCatalog(database);
});
afterAll(() => opened.disposeAsync());

type Options = ConstructorParameters<typeof ProviderFailure>[2];
type Case = [what: string, input: Record<string, unknown>, code: ProviderFailure['code'], Partial<Options>];

describe('the calls of one client, for those of the others', () => {
  it.for<Case>([
    [
      'name a tool as vendors call a refused key',
      toolNamed('invalid_api_key'),
      'PROVIDER_AUTH',
      { status: 400, evidence: 'invalid_api_key' },
    ],
    [
      'write what vendors say of an account without credit',
      { messages: [{ role: 'USER', content: 'My INSUFFICIENT_QUOTA!' }] },
      'PROVIDER_RATE_LIMITED',
      { status: 500, evidence: 'insufficient_quota' },
    ],
    [
      'have their own words after those of the vendor',
      toolNamed('api_key'),
      'PROVIDER_AUTH',
      { status: 422, evidence: 'missing api_key' },
    ],
    [
      'ask for more tokens than the account can pay',
      {},
      'PROVIDER_RATE_LIMITED',
      { status: 402, isAboutCall: true },
    ],
    ['ask for what no provider behind a router can do', {}, 'NOT_FOUND', { status: 404, isAboutCall: true }],
  ])('close nothing when they %s', async ([_what, input, code, options]) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) =>
      call.fail(new ProviderFailure(code, 'Refused.', { retryable: false, ...options })),
    );
    for (let call = 0; call < 8; call++) {
      expect(await mesh.refusal(COMPLETE, asking(input))).toMatchObject({ code });
    }
    expect(mesh.alpha.calls.length).toBeGreaterThanOrEqual(8);
    mesh.alpha.always((call) => call.say('Hi').finish(buildUsage(1, 1)));
    expect(await mesh.data(COMPLETE, asking())).toEqual({ complete: { text: 'Hi' } });
  });

  it('still rest a credential that is refused in words that they do not hold', async () => {
    await using mesh = await startInference(database);
    const evidence = 'API key not valid';
    mesh.alpha.always((call) =>
      call.fail(
        new ProviderFailure('PROVIDER_AUTH', 'Refused.', { retryable: false, status: 400, evidence }),
      ),
    );
    for (let call = 0; call < 3; call++) await mesh.refusal(COMPLETE, asking());
    expect(mesh.alpha.calls).toHaveLength(1);
  });
});
