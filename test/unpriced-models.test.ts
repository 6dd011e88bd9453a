import { afterAll, describe, expect, it } from 'vitest';
import { createTestClient } from './support/client.ts';
import { freePort, startOneProcess } from './support/mesh.ts';

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

/** A mesh with a provider of the kind, where nothing listens, a budget, and a key with the default limits; asks its model. */
async function askForCode(
  kind: string,
  price: string,
  environment: Readonly<Record<string, string>> = {},
  hard = true,
) {
  const mesh = stack.use(await startOneProcess(environment));
  const admin = createTestClient(mesh.url, mesh.adminKey);
  const made = await admin.data<{ createApiKey: { secret: string }; createModel: { id: string } }>(
    `mutation ($url: String!, $hard: Boolean!) {
      createProvider(input: { id: "own", kind: ${kind}, baseUrl: $url, apiKey: "k-123456789" }) { id }
      createModel(input: { providerId: "own", name: "mine" ${price} }) { id }
      createApiKey(input: { appId: "default-app", label: "newcomer" }) { secret }
      saveBudget(input: { amount: "5", window: MONTH, hard: $hard }) { id }
    }`,
    { hard, url: `http://127.0.0.1:${await freePort()}/v1` },
  );
  return createTestClient(mesh.url, made.createApiKey.secret).code(
    'mutation { complete(input: { model: "own/mine", messages: [{ role: USER, content: "Hi" }] }) { text } }',
  );
}

describe('a new key with its default limits', () => {
  it('calls a server of unknown price where no hard budget binds it', async () => {
    expect(await askForCode('OPENAI_COMPATIBLE', '', {}, false)).toBe('PROVIDER_ERROR');
  });

  it.each([
    [
      'a server of unknown price is refused under a hard budget',
      'OPENAI_COMPATIBLE',
      '',
      {},
      'MODEL_UNPRICED',
    ],
    [
      'one whose price is 0 is called',
      'OPENAI_COMPATIBLE',
      'price: { input: 0, output: 0 }',
      {},
      'PROVIDER_ERROR',
    ],
    ['Ollama is called, free of charge', 'OLLAMA', '', {}, 'PROVIDER_ERROR'],
    [
      'a server of unknown price is called where the operator allows it',
      'OPENAI_COMPATIBLE',
      '',
      { HEDDLE_UNPRICED_MODELS: 'allow' },
      'PROVIDER_ERROR',
    ],
  ] as const)('%s', async (_promise, kind, price, environment, code) => {
    expect(await askForCode(kind, price, environment)).toBe(code);
  });
});
