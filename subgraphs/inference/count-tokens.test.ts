import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';

const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { inputTokens isEstimated } }';

interface Counted {
  readonly countTokens: { readonly inputTokens: number; readonly isEstimated: boolean };
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const asking = (message: object, more: object = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', ...message }], ...more },
});

it('estimates about a token for four bytes of texts and tools, and more for files, without a call', async () => {
  await using mesh = await startInference(database);
  const count = async (variables: object) => (await mesh.data<Counted>(COUNT, { ...variables })).countTokens;
  const short = await count(asking({ content: 'x'.repeat(400) }));
  const long = await count(asking({ content: 'x'.repeat(4_400) }));
  expect(short.isEstimated).toBe(true);
  expect(short.inputTokens).toBeGreaterThanOrEqual(100);
  expect(short.inputTokens).toBeLessThan(120);
  expect(long.inputTokens - short.inputTokens).toBe(1_000);
  const tools = [{ name: 'f', description: 'y'.repeat(400), parameters: { type: 'object' } }];
  const withTools = await count(asking({ content: 'x'.repeat(400) }, { tools }));
  expect(withTools.inputTokens).toBeGreaterThan(short.inputTokens + 100);
  const file = (mediaType: string, data: string) => asking({ parts: [{ mediaType, data }] });
  const image = await count(file('image/png', 'iVBORw0KGgo='));
  expect(image.inputTokens).toBeGreaterThan(1_000);
  const text = await count(file('text/plain', Buffer.from('z'.repeat(4_000)).toString('base64')));
  expect(text.inputTokens).toBeGreaterThanOrEqual(1_000);
  expect(text.inputTokens).toBeLessThan(1_020);
  expect(await mesh.rows()).toEqual([]);
});

it('refuses an AI model that does not exist, and an input that complete refuses', async () => {
  await using mesh = await startInference(database);
  expect(await mesh.refusal(COUNT, asking({ content: 'x' }, { model: 'alpha/none' }))).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await mesh.refusal(COUNT, asking({ content: 'x' }, { temperature: 9 }))).toMatchObject({
    code: 'BAD_USER_INPUT',
  });
});
