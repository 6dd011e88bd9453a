import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';

let database: Database;
let mesh: TestInference;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  mesh = await startInference(database);
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await database?.close();
});

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const RATE = 'mutation ($id: ID!, $rating: Int) { rateInvocation(id: $id, rating: $rating) { id } }';

async function call(): Promise<string> {
  const input = { model: 'demo/echo', messages: [{ role: 'USER', content: 'Hi' }] };
  return (await mesh.data<{ complete: { id: string } }>(COMPLETE, { input })).complete.id;
}
const rate = (id: string, rating: number | null) => mesh.data(RATE, { id, rating });
const read = async (id: string) => (await invocations(database.connection).findById(id).lean())?.rating;
const listRecords = async (id: string) => {
  const all = await auditLog(database.connection)
    .find({ action: 'invocation.rate', tenantId: mesh.caller.tenantId })
    .sort({ _id: 1 })
    .lean();
  return all.filter(({ targetId }) => targetId === `invocation:${id}`);
};

describe('the rating of a call', () => {
  it('stands on its row, the last one given, by either id, until it is taken away', async () => {
    const id = await call();
    expect(await rate(id, 1)).toEqual({ rateInvocation: { id: `invocation:${id}` } });
    expect(await read(id)).toBe(1);
    await rate(`invocation:${id}`, 5);
    expect(await read(id)).toBe(5);
    await rate(id, null);
    expect(await read(id)).toBeUndefined();
  });

  it('is audited with the rating before, and not where it is the same', async () => {
    const id = await call();
    for (const rating of [4, 4, 2]) await rate(id, rating);
    const { keyId } = mesh.caller;
    expect(await listRecords(id)).toMatchObject([
      { outcome: 'SUCCEEDED', actor: { keyId }, before: { rating: null }, after: { rating: 4 } },
      { outcome: 'SUCCEEDED', actor: { keyId }, before: { rating: 4 }, after: { rating: 2 } },
    ]);
  });

  it('is from 1 to 5', async () => {
    const id = await call();
    for (const rating of [0, 6, -1]) {
      expect(await mesh.refusal(RATE, { id, rating })).toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'rating',
      });
    }
    expect(await read(id)).toBeUndefined();
  });

  it('is refused of a call that runs, was erased, is not there, or is of another tenant or key', async () => {
    const [running, erased, own] = [await call(), await call(), await call()];
    const rows = invocations(database.connection);
    await rows.updateOne({ _id: running }, { $set: { status: 'RUNNING' } });
    await rows.updateOne({ _id: erased }, { $set: { erased: 'END_USER' } });
    const refuse = async (id: string, caller = mesh.caller) =>
      (await mesh.refusal(RATE, { id, rating: 5 }, caller)).code;
    expect(await refuse(running)).toBe('CONFLICT');
    expect(await refuse(erased)).toBe('NOT_FOUND');
    expect(await refuse('none')).toBe('NOT_FOUND');
    const wide = ['inference:invoke', 'usage:read', 'completions:read', 'logs:read'];
    expect(await refuse(own, { ...mesh.caller, scopes: wide, tenantId: 'elsewhere' })).toBe('NOT_FOUND');
    expect(
      await refuse(own, { ...mesh.caller, scopes: ['inference:invoke'], keyId: 'k9', keyLineId: 'k9' }),
    ).toBe('NOT_FOUND');
    expect(await refuse(own, { ...mesh.caller, scopes: ['usage:read'] })).toBe('FORBIDDEN');
    for (const id of [running, erased, own]) expect(await read(id)).toBeUndefined();
  });

  it('may be given by a key of the tenant that reads all of its rows', async () => {
    const id = await call();
    const reviewer = {
      ...mesh.caller,
      keyId: 'k8',
      keyLineId: 'k8',
      scopes: ['inference:invoke', 'usage:read'],
    };
    await mesh.data(RATE, { id, rating: 3 }, reviewer);
    expect(await read(id)).toBe(3);
  });
});
