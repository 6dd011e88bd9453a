import { randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createOverloadedError } from '#core/errors.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { destroyTenantKey } from '#mongo/tenant-keys.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { toAttachmentId } from './attachment.ts';
import { nativeCollection } from './native-collection.ts';
import { resealCompletionResults } from './reseal-results.ts';
import { createCompletionResults } from './results.ts';

const log = pino({ level: 'silent' });
const expiresAt = new Date(Date.now() + 60_000);

async function setup() {
  await using opened = new AsyncDisposableStack();
  const { connection } = opened.adopt(await openTestDatabase(), (database) => database.close());
  const [former, key] = [randomBytes(32), randomBytes(32)];
  const { payloads } = opened.use(openTestKeyring(connection, key, { previous: [former] }));
  const stack = opened.move();
  return {
    connection,
    payloads,
    stored: nativeCollection<CompletionRecord>(connection, completions),
    results: createCompletionResults(connection, { payloads, log }),
    /** The boxes of the encryption keys, as older versions of Heddle sealed with them. */
    boxes: [former, key].map((one) => createSecretBox(one, { purpose: 'payloads' })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const result = (_id: string, tenantId = 'acme') => ({ _id, tenantId, content: `"${_id}"`, expiresAt });

describe('kept results', () => {
  it('are read, and sealed anew for their tenant, in every form that a version of Heddle has written', async () => {
    await using test = await setup();
    const { connection, payloads, stored, results, boxes } = test;
    const [before, current] = boxes;
    const attachment = toAttachmentId('bytes');
    const ids = ['plain', 'text', 'current', 'bytes', attachment, 'newest'];
    const rows = nativeCollection<InvocationRecord>(connection, invocations);
    await rows.insertMany(
      ids.filter((id) => id !== attachment).map((_id) => ({ _id, tenantId: 'acme' }) as InvocationRecord),
    );
    const context = (id: string) => ['completions', id];
    const bytes = (id: string) => new mongo.Binary(before!.sealToBytes(`"${id}"`, context(id)));
    await stored.insertMany([
      { _id: 'plain', content: '"plain"', expiresAt },
      { _id: 'text', sealed: before!.seal('"text"', context('text')), expiresAt },
      { _id: 'current', sealed: current!.seal('"current"', context('current')), expiresAt },
      { _id: 'bytes', sealed: bytes('bytes'), expiresAt },
      { _id: attachment, sealed: bytes(attachment), expiresAt },
    ]);
    await results.write([result('newest')]);
    const read = async () =>
      [...(await results.find(ids))].map(([id, { content }]) => [id, content]).toSorted();
    const expected = ids.map((id) => [id, `"${id}"`]).toSorted();
    expect(await read()).toEqual(expected);
    expect(await resealCompletionResults(connection, payloads)).toBe(5);
    expect(await resealCompletionResults(connection, payloads)).toBe(0);
    expect(await read()).toEqual(expected);
    expect(await stored.countDocuments({ content: { $exists: true } })).toBe(0);
    await destroyTenantKey(connection, 'acme');
    expect(await read()).toEqual([]);
  });

  it('of a tenant cannot be read once its key is destroyed, and none is kept then; those of others can', async () => {
    await using test = await setup();
    const { connection, results, stored } = test;
    await results.write([result('a'), result('b', 'other')]);
    await destroyTenantKey(connection, 'acme');
    expect([...(await results.find(['a', 'b'])).keys()]).toEqual(['b']);
    await results.write([result('c'), result('d', 'other')]);
    expect(await stored.countDocuments({ _id: 'c' })).toBe(0);
    expect([...(await results.find(['c', 'd'])).keys()]).toEqual(['d']);
    await expect(results.keep(result('e'))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are not taken for lost while the key of their tenant cannot be had', async () => {
    await using test = await setup();
    const { connection, payloads, results } = test;
    await results.write([result('a'), result('b')]);
    const away = async () => {
      throw createOverloadedError('The root key cannot be reached.');
    };
    const now = createCompletionResults(connection, { payloads: { of: payloads.of, open: away }, log });
    for (const ids of [['a'], ['a', 'b']]) {
      await expect(now.find(ids)).rejects.toMatchObject({ code: 'OVERLOADED' });
    }
    expect([...(await results.find(['a', 'b'])).keys()].toSorted()).toEqual(['a', 'b']);
  });
});
