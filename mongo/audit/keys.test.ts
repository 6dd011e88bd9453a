import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { openTestDatabase } from '#test/support/database.ts';
import type { Database } from '../connect.ts';
import { openAuditSigner, readAuditKeys } from './keys.ts';

let database: Database;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database?.close());

const toBoxes = (key: Uint8Array, failure?: () => Error): OwnerBoxes => {
  const box = createSecretBox(key);
  return {
    of: async () => {
      if (failure !== undefined) throw failure();
      return box;
    },
    open: async (sealed, context) => {
      if (failure !== undefined) throw failure();
      return box.open(sealed, context);
    },
  };
};
const readIds = async () => [...(await readAuditKeys(database.connection)).keys()];

it.each([
  ['refuses', () => new HeddleError('CONFLICT', 'The root key refused.')],
  ['is away', () => createOverloadedError('The root key cannot be reached.')],
  ['cannot be read from the store', () => new Error('connection lost')],
])('keeps its key while the data key of the mesh %s', async (_what, failure) => {
  const { connection } = database;
  const key = randomBytes(32);
  const { keyId } = await openAuditSigner(connection, toBoxes(key));
  await expect(openAuditSigner(connection, toBoxes(key, failure))).rejects.toThrow();
  expect((await openAuditSigner(connection, toBoxes(key))).keyId).toBe(keyId);
  expect(await readIds()).toEqual([keyId]);
});

it('keeps its key where it fails to open once, and the next call would succeed', async () => {
  const { connection } = database;
  const key = randomBytes(32);
  const { keyId } = await openAuditSigner(connection, toBoxes(key));
  const boxes = toBoxes(key);
  const open: OwnerBoxes['open'] = async () => {
    throw new Error('connection lost');
  };
  await expect(openAuditSigner(connection, { ...boxes, open })).rejects.toThrow('connection lost');
  expect((await openAuditSigner(connection, boxes)).keyId).toBe(keyId);
});

it('makes another key where no key at hand opens it, or it is damaged, and the former one still verifies', async () => {
  const { connection } = database;
  const former = await openAuditSigner(connection, toBoxes(randomBytes(32)));
  const key = randomBytes(32);
  const next = await openAuditSigner(connection, toBoxes(key));
  expect(next.keyId).not.toBe(former.keyId);
  const boxes = toBoxes(key);
  const texts = ['v1.AAAA'];
  // The text in the store is cut, the next one is not.
  const open: OwnerBoxes['open'] = (sealed, context) => boxes.open(texts.pop() ?? sealed, context);
  const last = await openAuditSigner(connection, { ...boxes, open });
  expect(await readIds()).toEqual([former.keyId, next.keyId, last.keyId]);
});
