import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import { openTestDatabase } from '#test/support/database.ts';
import type { Database } from '../connect.ts';
import { recordEncryptionKey } from '../encryption-check.ts';
import { type TenantKeyRecord, tenantKeys } from '../tenant-keys.ts';
import { addVersion, rewrapRecord } from './data-keys.ts';
import { Keyring, type KeyringOptions } from './keyring.ts';
import { rewrapDataKeys } from './rotate.ts';

const context = ['completions', 'c1'];
const rootBytes = randomBytes(32);

/** A local root key that counts what it unwraps, and fails on request. */
function createCountedRoot(key: Uint8Array = rootBytes) {
  const root = createLocalRootKey(key);
  const counts = { wrapped: 0, unwrapped: 0 };
  const state: { failure: RootKeyFailure['reason'] | null } = { failure: null };
  const refuse = () => {
    if (state.failure !== null) throw new RootKeyFailure(state.failure, 'Not now.');
  };
  const counted: RootKey = {
    id: root.id,
    async wrap(...given) {
      refuse();
      counts.wrapped += 1;
      return root.wrap(...given);
    },
    async unwrap(...given) {
      refuse();
      counts.unwrapped += 1;
      return root.unwrap(...given);
    },
  };
  return { root: counted, counts, state };
}

let database: Database;
let stack: AsyncDisposableStack;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  stack = new AsyncDisposableStack();
});
afterAll(async () => {
  await stack?.disposeAsync();
  await database?.close();
});

let nowMs = Date.now();
const open = (options: Partial<KeyringOptions> = {}) =>
  stack.use(
    new Keyring({
      connection: database.connection,
      roots: [createCountedRoot().root],
      log: pino({ level: 'silent' }),
      now: () => nowMs,
      ...options,
    }),
  );
const read = (owner: string) => tenantKeys(database.connection).findById(owner).lean<TenantKeyRecord>();
const names: string[] = [];
/** An owner that no other test has. */
const newOwner = () => {
  names.push('');
  return `owner-${names.length}`;
};

describe('the root key', () => {
  it('is replaced by wrapping the data keys again: what is sealed stays, and the former one is needed no more', async () => {
    const owner = newOwner();
    const [former, current] = [createCountedRoot(), createCountedRoot(randomBytes(32))];
    const sealed = (await open({ roots: [former.root] }).payloads.of(owner)).seal('text', context);
    expect(await open({ roots: [current.root, former.root] }).payloads.open(sealed, context)).toBe('text');
    const rewrap = () => rewrapRecord(database.connection, [current.root, former.root], owner);
    expect([await rewrap(), await rewrap()]).toEqual([1, 0]);
    expect(await open({ roots: [current.root] }).payloads.open(sealed, context)).toBe('text');
    await expect(async () =>
      open({ roots: [former.root] }).payloads.open(sealed, context),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('another encryption key'),
    });
  });

  it('is replaced for every other owner where it refuses the key of one, which the failure states', async () => {
    const owners = [newOwner(), newOwner(), newOwner()];
    const [former, current] = [createCountedRoot(), createCountedRoot(randomBytes(32))];
    for (const owner of owners) await open({ roots: [former.root] }).payloads.of(owner);
    const [, damaged = ''] = owners;
    const { keys = [] } = (await read(damaged)) ?? {};
    const cut = keys.map((key) => ({ ...key, wrapped: 'v2.cut' }));
    await tenantKeys(database.connection).updateOne({ _id: damaged }, { $set: { keys: cut } });
    const run = rewrapDataKeys(database.connection, [current.root, former.root]);
    await expect(run).rejects.toMatchObject({
      reason: 'REFUSED',
      message: expect.stringMatching(/^The data keys of \d+ owners cannot be unwrapped/),
    });
    const rootKeys = await Promise.all(owners.map(async (owner) => (await read(owner))?.keys[0]?.rootKeyId));
    expect(rootKeys).toEqual([current.root.id, former.root.id, current.root.id]);
  });

  it('wraps for one owner and one key: a record that is moved does not open', async () => {
    const [one, other] = [newOwner(), newOwner()];
    const keyring = open();
    const sealed = (await keyring.payloads.of(one)).seal('text', context);
    await keyring.payloads.of(other);
    const { keys = [] } = (await read(one)) ?? {};
    await tenantKeys(database.connection).updateOne({ _id: other }, { $set: { keys } });
    await tenantKeys(database.connection).deleteOne({ _id: one });
    await expect(async () => open().payloads.open(sealed, context)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('makes no key in a store that needs another one', async () => {
    const { connection } = database;
    const owner = newOwner();
    await recordEncryptionKey(connection, 'another');
    await expect(async () => open().payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await read(owner)).toBeNull();
    await recordEncryptionKey(connection, createLocalRootKey(rootBytes).id);
    await open().payloads.of(owner);
  });

  it('may be away for 12 hours for keys in memory, which are unwrapped again every hour; others are OVERLOADED', async () => {
    const [known, unknown] = [newOwner(), newOwner()];
    const { root, counts, state } = createCountedRoot();
    const keyring = open({ roots: [root] });
    const use = async (owner: string) => (await keyring.payloads.of(owner)).seal('text', context);
    const sealed = await use(known);
    for (let hour = 0; hour < 2; hour++) {
      nowMs += 3_600_000;
      await use(known);
    }
    expect(counts).toEqual({ wrapped: 1, unwrapped: 3 });
    state.failure = 'UNREACHABLE';
    await expect(use(unknown)).rejects.toMatchObject({
      code: 'OVERLOADED',
      extensions: { retryAfterMs: expect.any(Number) },
    });
    nowMs += 12 * 3_600_000 - 1;
    expect(await keyring.payloads.open(await use(known), context)).toBe('text');
    nowMs += 30_001;
    await expect(use(known)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect(async () => keyring.payloads.open(sealed, context)).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    state.failure = null;
    expect(await keyring.payloads.open(sealed, context)).toBe('text');
  });

  it('that is away makes no call wait for keys in memory, and is called again once in 30 seconds at most', async () => {
    const owners = Array.from({ length: 4 }, newOwner);
    const { root } = createCountedRoot();
    const calls: string[] = [];
    const away = { is: false };
    const slow: RootKey = {
      ...root,
      async unwrap(...given) {
        calls.push(given[1][1] ?? '');
        if (!away.is) return root.unwrap(...given);
        // As long as a service that does not answer is waited for.
        nowMs += 9_000;
        throw new RootKeyFailure('UNREACHABLE', 'Not now.');
      },
    };
    const keyring = open({ roots: [slow] });
    const use = () => Promise.all(owners.map((owner) => keyring.payloads.of(owner)));
    await use();
    nowMs += 3_600_000 - 20_000;
    await keyring.check();
    await use();
    away.is = true;
    nowMs += 20_000;
    const startedMs = nowMs;
    const before = calls.length;
    for (let at = 0; at < 10; at++) {
      await keyring.check();
      // Seldom used, they stay all the same.
      if (at % 3 === 2)
        for (const owner of owners) expect(keyring.payloads.of(owner)).not.toBeInstanceOf(Promise);
      nowMs += 15_000;
    }
    expect((nowMs - startedMs) / 30_000).toBeGreaterThanOrEqual(calls.length - before);
    expect(calls.length).toBeGreaterThan(before);
  });

  it('that is away when there is a new version leaves the former one in use, and is needed for no other', async () => {
    const { connection } = database;
    nowMs = Date.now();
    const owner = newOwner();
    const { root, state } = createCountedRoot();
    let calls = 0;
    const unwrap: RootKey['unwrap'] = (...given) => {
      calls += 1;
      return root.unwrap(...given);
    };
    const keyring = open({ roots: [{ ...root, unwrap }] });
    const sealed = (await keyring.payloads.of(owner)).seal('text', context);
    expect(await addVersion(connection, [createCountedRoot().root], owner)).toBe(true);
    const [first, second] = (await read(owner))?.keys ?? [];
    const sealingId = async () => readDataKeyId((await keyring.payloads.of(owner)).seal('', context));
    state.failure = 'UNREACHABLE';
    for (let at = 0; at < 10; at++) {
      await keyring.check();
      nowMs += 15_000;
      expect(await sealingId()).toBe(first?.keyId);
      expect(await keyring.payloads.open(sealed, context)).toBe('text');
    }
    expect(calls).toBeLessThanOrEqual(1 + 150_000 / 30_000);
    calls = 0;
    const cold = open({ roots: [{ ...root, unwrap }] });
    await expect(async () => cold.payloads.of(owner)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(calls).toBe(1);
    state.failure = null;
    nowMs += 30_000;
    await keyring.check();
    expect(await sealingId()).toBe(second?.keyId);
  });

  it('is called for a bounded time by one comparison with the store, and the next one continues', async () => {
    const owners = Array.from({ length: 5 }, newOwner);
    const { root } = createCountedRoot();
    const unwrapped: string[] = [];
    const slow: RootKey = {
      ...root,
      async unwrap(...given) {
        unwrapped.push(given[1][1] ?? '');
        nowMs += 4_000;
        return root.unwrap(...given);
      },
    };
    const keyring = open({ roots: [slow] });
    for (const owner of owners) await open().payloads.of(owner);
    for (const owner of owners) await keyring.payloads.of(owner);
    nowMs += 3_600_000;
    for (const owner of owners) await keyring.payloads.of(owner);
    nowMs += 3_600_000;
    unwrapped.length = 0;
    await keyring.check();
    expect(unwrapped).toHaveLength(3);
    await keyring.check();
    expect(new Set(unwrapped)).toEqual(new Set(owners));
    expect(unwrapped).toHaveLength(5);
  });

  it('that refuses ends the use of a key in memory after an hour at the latest', async () => {
    const owner = newOwner();
    const { root, state } = createCountedRoot();
    const keyring = open({ roots: [root] });
    await keyring.payloads.of(owner);
    state.failure = 'REFUSED';
    nowMs += 3_600_000;
    await expect(async () => keyring.payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    nowMs += 1;
    await keyring.check();
    await expect(async () => keyring.payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('unwraps nothing for owners that were not used for an hour: they leave the memory', async () => {
    const [idle, used] = [newOwner(), newOwner()];
    const { root, counts } = createCountedRoot();
    const keyring = open({ roots: [root] });
    await Promise.all([keyring.payloads.of(idle), keyring.payloads.of(used)]);
    for (let hour = 0; hour < 3; hour++) {
      nowMs += 3_600_000;
      await keyring.check();
      await keyring.payloads.of(used);
    }
    // Used in the first hour, both are unwrapped once more; then one.
    expect(counts.unwrapped - 2).toBe(1 + 3);
  });

  it('is not called by a mesh whose own key is in memory', async () => {
    const { root, counts } = createCountedRoot();
    const keyring = open({ roots: [root] });
    await keyring.secrets.of(meshOwner);
    const before = counts.unwrapped;
    for (let minute = 0; minute < 30; minute++) {
      nowMs += 15_000;
      await keyring.check();
      expect(keyring.secrets.of(meshOwner)).not.toBeInstanceOf(Promise);
    }
    expect(counts.unwrapped).toBe(before);
  });
});
