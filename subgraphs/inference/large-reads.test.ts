import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const stack = new AsyncDisposableStack();
let mesh: TestInference;
beforeAll(async () => {
  const database = stack.use(await openDatabase(`embedded:${stack.use(await temporaryDirectory()).path}`));
  await ensureIndexes(database.connection);
  await fillCatalog(database);
  mesh = stack.use(await startInference(database));
});
afterAll(() => stack.disposeAsync());

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const readAll = (ids: readonly string[]) =>
  `{ ${ids.map((id, at) => `a${at}: completion(id: "${id}") { id status }`).join(' ')} }`;

it('reads several kept completions at once as far as an answer could hold them, and one of any length', async () => {
  mesh.alpha.always((call) => call.say('x'.repeat(3_000_000)).finish(buildUsage(3, 3)));
  const ids: string[] = [];
  for (let at = 0; at < 6; at++) {
    const input = { model: 'alpha/one', messages: [{ role: 'USER', content: `${at}` }] };
    ids.push((await mesh.data<{ complete: { id: string } }>(COMPLETE, { input })).complete.id);
  }
  const refused = await mesh.ask(readAll(ids));
  expect(refused.errors?.[0]).toMatchObject({ code: 'GRAPH_COST_EXCEEDED' });
  const few = ids.slice(0, 5);
  const answers = await Promise.all([1, 2, 3].map(() => mesh.data(readAll(few))));
  for (const answer of answers) {
    expect(answer).toEqual(Object.fromEntries(few.map((id, at) => [`a${at}`, { id, status: 'SUCCEEDED' }])));
  }
});
