import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { openTestDatabase } from '#test/support/database.ts';
import type { Database } from '../connect.ts';
import { destroyTenantKey, type TenantKeyRecord, tenantKeys } from '../tenant-keys.ts';
import { activationMs, addVersion, discardVersions } from './data-keys.ts';
import { Keyring, type KeyringOptions } from './keyring.ts';
import { addDataKeyVersions, discardLostKeys } from './rotate.ts';

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

describe('data keys', () => {
  it('are made where their owner first seals, once for all processes, and wrapped at rest', async () => {
    const owner = newOwner();
    const keyrings = Array.from({ length: 5 }, () => open());
    const sealed = await Promise.all(
      keyrings.map(async ({ payloads }) => (await payloads.of(owner)).seal('text', context)),
    );
    const record = await read(owner);
    expect(record).toMatchObject({ revision: 1, destroyedAt: null, keys: [{ version: 1 }] });
    expect(new Set(sealed.map(readDataKeyId))).toEqual(new Set([record?.keys[0]?.keyId]));
    for (const { payloads } of keyrings) {
      for (const text of sealed) expect(await payloads.open(text, context)).toBe('text');
    }
    expect(await open().payloads.open(sealed[0] ?? '', context)).toBe('text');
  });

  it('are in memory after the first use: then nothing is awaited, read or unwrapped', async () => {
    const { root, counts } = createCountedRoot();
    const owner = newOwner();
    const { payloads } = open({ roots: [root] });
    const sealed = (await payloads.of(owner)).sealToBytes('text', context);
    const before = { ...counts };
    const commands: string[] = [];
    const note = ({ commandName }: { readonly commandName: string }) => void commands.push(commandName);
    database.connection.getClient().on('commandStarted', note);
    for (let call = 0; call < 10; call++) {
      expect(payloads.of(owner)).not.toBeInstanceOf(Promise);
      expect(payloads.open(sealed, context)).toBe('text');
    }
    database.connection.getClient().off('commandStarted', note);
    expect([counts, commands]).toEqual([before, []]);
  });

  it('are unwrapped once for all that wait for them', async () => {
    const { root, counts } = createCountedRoot();
    const owner = newOwner();
    const sealed = (await open().payloads.of(owner)).seal('text', context);
    const { payloads } = open({ roots: [root] });
    const opened = await Promise.all(Array.from({ length: 20 }, () => payloads.open(sealed, context)));
    expect(new Set(opened)).toEqual(new Set(['text']));
    expect(counts).toEqual({ wrapped: 0, unwrapped: 1 });
  });

  it('open nothing of another owner, nor of the other purpose', async () => {
    const [one, other] = [newOwner(), newOwner()];
    const { payloads, secrets } = open();
    const sealed = (await payloads.of(one)).seal('text', context);
    const foreign = await payloads.of(other);
    expect(foreign.isCurrent(sealed)).toBe(false);
    const renamed = sealed.replace(
      readDataKeyId(sealed) ?? '',
      readDataKeyId(foreign.seal('', context)) ?? '',
    );
    await expect(async () => payloads.open(renamed, context)).rejects.toThrow('cannot be opened');
    await expect(async () => secrets.open(sealed, context)).rejects.toThrow('cannot be opened');
    await expect(async () => payloads.open(`v3.${'0'.repeat(16)}.AAAA`, context)).rejects.toThrow(
      'cannot be opened',
    );
  });

  it('leave to the older boxes what was sealed before there were any', async () => {
    const older = {
      secrets: createSecretBox(rootBytes),
      payloads: createSecretBox(rootBytes, { purpose: 'payloads' }),
    };
    const sealed = [older.payloads.seal('text', context), older.payloads.sealToBytes('text', context)];
    for (const text of sealed) {
      expect(open({ older }).payloads.open(text, context)).toBe('text');
      expect(() => open().payloads.open(text, context)).toThrow('cannot be opened');
    }
  });
});

describe('a key that was destroyed', () => {
  it('seals and opens nothing at once in the process that destroyed it, and no other is made', async () => {
    const owner = newOwner();
    const { payloads } = open();
    const sealed = (await payloads.of(owner)).seal('text', context);
    await destroyTenantKey(database.connection, owner);
    await expect(async () => payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(async () => payloads.open(sealed, context)).rejects.toThrow();
    expect((await read(owner))?.keys).toHaveLength(1);
    expect(await addVersion(database.connection, [createCountedRoot().root], owner)).toBe(false);
  });

  it('is forgotten while it is being read', async () => {
    const owner = newOwner();
    const sealed = (await open().payloads.of(owner)).seal('text', context);
    const { root } = createCountedRoot();
    const slow: RootKey = {
      ...root,
      async unwrap(...given) {
        await destroyTenantKey(database.connection, owner);
        return root.unwrap(...given);
      },
    };
    const { payloads } = open({ roots: [slow] });
    await expect(async () => payloads.open(sealed, context)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(async () => payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forgotten within 30 seconds by a process that misses the notice', async () => {
    const owner = newOwner();
    const { payloads } = open();
    const sealed = (await payloads.of(owner)).seal('text', context);
    const { keys = [], revision = 0 } = (await read(owner)) ?? {};
    const destroyed = keys.map((key) => ({ ...key, wrapped: null }));
    await tenantKeys(database.connection).updateOne(
      { _id: owner },
      { $set: { keys: destroyed, destroyedAt: new Date(), revision: revision + 1 } },
    );
    nowMs += 29_999;
    expect(payloads.open(sealed, context)).toBe('text');
    nowMs += 1;
    await expect(async () => payloads.open(sealed, context)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forgotten by the comparison with the store, which keeps every other key in memory', async () => {
    const [one, other] = [newOwner(), newOwner()];
    const keyring = open();
    await Promise.all([keyring.payloads.of(one), keyring.payloads.of(other)]);
    await tenantKeys(database.connection).updateOne({ _id: one }, { $set: { destroyedAt: new Date() } });
    nowMs += 20_000;
    await keyring.check();
    nowMs += 20_000;
    expect(keyring.payloads.of(other)).not.toBeInstanceOf(Promise);
    await expect(async () => keyring.payloads.of(one)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('versions', () => {
  it('seal when every process knows them, and what former ones sealed still opens', async () => {
    const { connection } = database;
    nowMs = Date.now();
    const owner = newOwner();
    const keyring = open();
    const { root } = createCountedRoot();
    const before = (await keyring.payloads.of(owner)).seal('text', context);
    expect(await addVersion(connection, [root], owner)).toBe(true);
    const [first, second] = (await read(owner))?.keys ?? [];
    await keyring.check();
    const sealingId = async () => readDataKeyId((await keyring.payloads.of(owner)).seal('', context));
    expect(await sealingId()).toBe(first?.keyId);
    nowMs = (second?.createdAt.getTime() ?? 0) + activationMs;
    await keyring.check();
    expect(await sealingId()).toBe(second?.keyId);
    expect((await keyring.payloads.of(owner)).isCurrent(before)).toBe(false);
    for (const one of [keyring, open()]) expect(await one.payloads.open(before, context)).toBe('text');
  });

  it('are each added once where several are added together', async () => {
    const owner = newOwner();
    const { root } = createCountedRoot();
    await open().payloads.of(owner);
    await Promise.all(Array.from({ length: 4 }, () => addVersion(database.connection, [root], owner)));
    expect((await read(owner))?.keys.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set((await read(owner))?.keys.map(({ keyId }) => keyId)).size).toBe(5);
  });
});

describe('runs that were interrupted', () => {
  it('leave no owner without a key: dropping lost keys again makes one for those whose keys are dropped already', async () => {
    const { connection } = database;
    const owner = newOwner();
    await open().payloads.of(owner);
    const { root } = createCountedRoot();
    expect(await discardVersions(connection, owner, new Set())).toBe(true);
    await expect(async () => open().payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    await discardLostKeys(connection, [root]);
    expect((await read(owner))?.keys.filter(({ wrapped }) => wrapped !== null)).toHaveLength(1);
    expect((await open().payloads.of(owner)).seal('text', context)).toContain('v3.');
  });
});

describe('new versions of many owners', () => {
  it('count from when each was made, however long those before took', async () => {
    const { connection } = database;
    const owners = [newOwner(), newOwner()];
    for (const owner of owners) await open().payloads.of(owner);
    const { root } = createCountedRoot();
    let atMs = Date.now() + 2 * 3_600_000;
    const slow: RootKey = {
      ...root,
      async wrap(...given) {
        atMs += 120_000;
        return root.wrap(...given);
      },
    };
    const { sealedFrom } = await addDataKeyVersions(connection, [slow], () => atMs);
    const made = await Promise.all(owners.map(read));
    const times = made.map((record) => record?.keys.at(-1)?.createdAt.getTime() ?? 0);
    expect(new Set(times).size).toBe(times.length);
    expect(sealedFrom?.getTime()).toBeGreaterThan(Math.max(...times) + activationMs);
  });
});
