import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '#mongo/connect.ts';
import { openStore } from '#mongo/embedded/store.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { usageOf } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const asking = (idempotencyKey: string) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Say something.' }], idempotencyKey },
});

const stack = new AsyncDisposableStack();
let database: Database;

beforeAll(async () => {
  const dir = stack.use(await temporaryDirectory());
  const store = await openStore({ dir: dir.path, failPoints: true });
  stack.defer(() => store.close());
  database = stack.use(await openDatabase(store.uri));
  await fillCatalog(database);
});
afterAll(() => stack.disposeAsync());

const failPoint = (mode: unknown, data: Record<string, unknown> = {}) =>
  database.connection.getClient().db('admin').command({ configureFailPoint: 'failCommand', mode, data });

it('an idempotency key is free again after a call that the database let down, from its claim on', async () => {
  await using mesh = await startInference(database);
  mesh.alpha.always((call) => call.say('at last').finish(usageOf(1, 1)));
  // The claim is written, the row is not, nor can the claim be given back.
  await failPoint({ skip: 1 }, { failCommands: ['insert', 'delete'], errorCode: 50 });
  expect(await mesh.refusal(COMPLETE, asking('k'))).toMatchObject({ code: 'INTERNAL' });
  expect(mesh.alpha.calls).toHaveLength(0);
  await failPoint('off');
  expect(await mesh.data(COMPLETE, asking('k'))).toMatchObject({ complete: { text: 'at last' } });
  expect(await mesh.rows()).toMatchObject([{ status: 'SUCCEEDED' }]);
});
