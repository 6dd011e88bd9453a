import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOverloadedError } from '#core/errors.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import { destroyTenantKey, tenantKeys } from '#mongo/tenant-keys.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { openTestKeyring, testPayloads } from '#test/support/seal.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const read = 'query ($id: ID!) { completion(id: $id) { text attachment } }';
const input = {
  model: 'alpha/one',
  messages: [{ role: 'USER', content: 'Say something.' }],
  attachment: 'what came before',
};

let database: Database;
let keyring: Keyring;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  keyring = openTestKeyring(database.connection, randomBytes(32));
});
afterAll(async () => {
  await keyring?.[Symbol.asyncDispose]();
  await database?.close();
});

async function start(payloads: OwnerBoxes = keyring.payloads) {
  const mesh = await startInference(database, { payloads });
  mesh.alpha.always((call) => call.say('the answer').finish(buildUsage(9, 1)));
  return mesh;
}

it('keeps what a call has of content under the key of its tenant, which no other tenant has', async () => {
  await using mesh = await start();
  const { tenantId } = mesh.caller;
  const made = await mesh.data<{ complete: { id: string; text: string } }>(complete, { input });
  const { id } = made.complete;
  expect(await mesh.data(read, { id })).toEqual({
    completion: { text: 'the answer', attachment: 'what came before' },
  });
  const record = await tenantKeys(database.connection).findById(tenantId).lean();
  const keyId = Buffer.from(record?.keys[0]?.keyId ?? '', 'hex');
  const stored = await completions(database.connection)
    .find({ _id: { $in: [id, `attachment:${id}`] } })
    .lean();
  expect(stored).toHaveLength(2);
  for (const { sealed } of stored) {
    if (sealed === undefined || typeof sealed === 'string') throw new Error('It is not sealed to bytes.');
    expect(Buffer.from(sealed.value()).subarray(1, 9)).toEqual(keyId);
  }
});

it('refuses calls of a tenant whose key was destroyed, before anything is counted, and shows nothing of earlier ones', async () => {
  await using mesh = await start();
  const made = await mesh.data<{ complete: { id: string } }>(complete, { input });
  await destroyTenantKey(database.connection, mesh.caller.tenantId ?? '');
  expect(await mesh.refusal(complete, { input })).toMatchObject({ code: 'CONFLICT' });
  expect(mesh.alpha.calls).toHaveLength(1);
  expect(await mesh.rows()).toHaveLength(1);
  expect(await mesh.data(read, { id: made.complete.id })).toEqual({
    completion: { text: '', attachment: null },
  });
});

it('refuses calls with OVERLOADED while the key of their tenant cannot be had, without a call of the provider', async () => {
  const away: OwnerBoxes = {
    ...testPayloads,
    of: async () => {
      throw createOverloadedError('The root key cannot be reached now.');
    },
  };
  await using mesh = await start(away);
  expect(await mesh.refusal(complete, { input })).toMatchObject({
    code: 'OVERLOADED',
    retryAfterMs: expect.any(Number),
  });
  expect(mesh.alpha.calls).toHaveLength(0);
  expect(await mesh.rows()).toHaveLength(0);
});
