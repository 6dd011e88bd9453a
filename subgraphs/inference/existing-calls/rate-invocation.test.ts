import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { legalHolds } from '#mongo/legal-holds.ts';
import { payloads } from '#mongo/payloads.ts';
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
const RATE = `mutation ($id: ID!, $rating: Int, $comment: String) {
  rateInvocation(id: $id, rating: $rating, comment: $comment) { id }
}`;

async function call(
  payloadLogging: Caller['payloadLogging'] = 'DEFAULT',
  more: object = {},
): Promise<string> {
  const input = { model: 'demo/echo', messages: [{ role: 'USER', content: 'Hi' }], ...more };
  const caller = { ...mesh.caller, payloadLogging };
  return (await mesh.data<{ complete: { id: string } }>(COMPLETE, { input }, caller)).complete.id;
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

describe('the comment on an answer', () => {
  const READ = `query ($refs: [_Any!]!) {
    _entities(representations: $refs) { ... on Invocation { ratingComment } }
  }`;
  const comment = 'It forgot the marmalade.';
  const readComment = async (id: string) => {
    const refs = [{ __typename: 'Invocation', id: `invocation:${id}` }];
    const caller = { ...mesh.caller, scopes: ['logs:read'] };
    type Answer = { readonly _entities: readonly [{ readonly ratingComment: string | null }] };
    return (await mesh.data<Answer>(READ, { refs }, caller))._entities[0].ratingComment;
  };
  const comments = (id: string, rating: number | null, text: string | null = comment) =>
    mesh.data(RATE, { id, rating, comment: text });

  it('is read with the payload, and replaced or taken away with the rating', async () => {
    const id = await call('FULL');
    await comments(id, 1);
    expect([await read(id), await readComment(id)]).toEqual([1, comment]);
    await comments(id, 1, 'Better now.');
    expect(await readComment(id)).toBe('Better now.');
    await rate(id, 1);
    expect([await read(id), await readComment(id)]).toEqual([1, null]);
    await comments(id, 5);
    await rate(id, null);
    expect([await read(id), await readComment(id)]).toEqual([undefined, null]);
  });

  it('is of the rating that it came with: where two rate at once, it is not shown with the other', async () => {
    const id = await call('FULL');
    await comments(id, 1);
    await invocations(database.connection).updateOne({ _id: id }, { $set: { rating: 5 } });
    expect(await readComment(id)).toBeNull();
  });

  it('stands nowhere in the store as text, nor in the audit log, and goes with the payload', async () => {
    const id = await call('FULL');
    await comments(id, 2);
    const stored = await payloads(database.connection).findById(id).lean();
    expect(stored?.comment).toBeDefined();
    expect(Buffer.from(stored?.comment?.value() ?? '').includes('marmalade')).toBe(false);
    const records = await listRecords(id);
    expect(records).toMatchObject([
      {
        arguments: { rating: 2, comment: '[redacted]' },
        before: { rating: null, isCommented: false },
        after: { rating: 2, isCommented: true },
      },
    ]);
    const row = await invocations(database.connection).findById(id).lean();
    expect(inspect([records, row], { depth: null })).not.toContain('marmalade');
    await mesh.data('mutation ($id: ID!) { deleteCompletion(id: $id) }', { id });
    expect(await payloads(database.connection).findById(id).lean()).toBeNull();
    expect([await read(id), await readComment(id)]).toEqual([2, null]);
  });

  it.each([
    ['METADATA', {}],
    ['NONE', {}],
    ['DEFAULT', {}],
    ['FULL', { retention: 'NONE' }],
  ] as const)('is refused where no payload is kept, with the rating: %s %j', async (rule, more) => {
    const id = await call(rule, more);
    const refusal = await mesh.refusal(RATE, { id, rating: 1, comment });
    expect(refusal).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('without a comment'),
    });
    expect(await read(id)).toBeUndefined();
  });

  it.each<[number | null, string]>([
    [null, comment],
    [1, ''],
    [1, ' \n'],
    [1, 'x'.repeat(2_001)],
  ])('is refused with the rating %s and the text %j', async (rating, text) => {
    const id = await call('FULL');
    expect(await mesh.refusal(RATE, { id, rating, comment: text })).toMatchObject({
      ...{ code: 'BAD_USER_INPUT', field: 'comment' },
    });
    expect([await read(id), await readComment(id)]).toEqual([undefined, null]);
  });

  it('may have 2,000 characters', async () => {
    const id = await call('FULL');
    await comments(id, 1, 'x'.repeat(2_000));
    expect(await readComment(id)).toHaveLength(2_000);
  });

  it('is neither replaced nor taken away while a legal hold keeps it', async () => {
    const id = await call('FULL');
    await comments(id, 1);
    const hold = { _id: 'h', tenantId: mesh.caller.tenantId, appId: null, from: null, to: null };
    await legalHolds(database.connection).collection.insertOne({ ...hold, status: 'ACTIVE' } as never);
    for (const change of [{ rating: 2, comment: 'Other.' }, { rating: 1 }, { rating: null }]) {
      expect(await mesh.refusal(RATE, { id, ...change })).toMatchObject({ reason: 'LEGAL_HOLD' });
    }
    expect([await read(id), await readComment(id)]).toEqual([1, comment]);
    await legalHolds(database.connection).deleteOne({ _id: 'h' });
  });
});
