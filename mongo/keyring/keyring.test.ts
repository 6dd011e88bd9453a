import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import type { RootKey } from '#core/secrets/root-key.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { createCountedRoot, rootBytes, startKeyrings, type TestKeyrings } from '#test/support/keyrings.ts';
import { destroyTenantKey, tenantKeys } from '../tenant-keys.ts';
import { activationMs, addVersion, discardVersions } from './data-keys.ts';
import { addDataKeyVersions, discardLostKeys } from './rotate.ts';

const context = ['completions', 'c1'];
let setup: TestKeyrings;
beforeAll(async () => {
  setup = await startKeyrings();
});
afterAll(() => setup?.[Symbol.asyncDispose]());

describe('data keys', () => {
  it('are made where their owner first seals, once for all processes, and wrapped at rest', async () => {
    const owner = setup.newOwner();
    const keyrings = Array.from({ length: 5 }, () => setup.open());
    const sealed = await Promise.all(
      keyrings.map(async ({ payloads }) => (await payloads.of(owner)).seal('text', context)),
    );
    const record = await setup.read(owner);
    expect(record).toMatchObject({ revision: 1, destroyedAt: null, keys: [{ version: 1 }] });
    expect(new Set(sealed.map(readDataKeyId))).toEqual(new Set([record?.keys[0]?.keyId]));
    for (const { payloads } of keyrings) {
      for (const text of sealed) expect(await payloads.open(text, context)).toBe('text');
    }
    expect(await setup.open().payloads.open(sealed[0] ?? '', context)).toBe('text');
  });

  it('are in memory after the first use: then nothing is awaited, read or unwrapped', async () => {
    const { root, counts } = createCountedRoot();
    const owner = setup.newOwner();
    const { payloads } = setup.open({ roots: [root] });
    const sealed = (await payloads.of(owner)).sealToBytes('text', context);
    const before = { ...counts };
    const commands: string[] = [];
    const note = ({ commandName }: { readonly commandName: string }) => void commands.push(commandName);
    setup.connection.getClient().on('commandStarted', note);
    for (let call = 0; call < 10; call++) {
      expect(payloads.of(owner)).not.toBeInstanceOf(Promise);
      expect(payloads.open(sealed, context)).toBe('text');
    }
    setup.connection.getClient().off('commandStarted', note);
    expect([counts, commands]).toEqual([before, []]);
  });

  it('are unwrapped once for all that wait for them', async () => {
    const { root, counts } = createCountedRoot();
    const owner = setup.newOwner();
    const sealed = (await setup.open().payloads.of(owner)).seal('text', context);
    const { payloads } = setup.open({ roots: [root] });
    const opened = await Promise.all(Array.from({ length: 20 }, () => payloads.open(sealed, context)));
    expect(new Set(opened)).toEqual(new Set(['text']));
    expect(counts).toEqual({ wrapped: 0, unwrapped: 1 });
  });

  it('open nothing of another owner, nor of the other purpose', async () => {
    const [one, other] = [setup.newOwner(), setup.newOwner()];
    const { payloads, secrets } = setup.open();
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
      expect(setup.open({ older }).payloads.open(text, context)).toBe('text');
      expect(() => setup.open().payloads.open(text, context)).toThrow('cannot be opened');
    }
  });
});

describe('a key that was destroyed', () => {
  it('seals and opens nothing at once in the process that destroyed it, and no other is made', async () => {
    const owner = setup.newOwner();
    const { payloads } = setup.open();
    const sealed = (await payloads.of(owner)).seal('text', context);
    await destroyTenantKey(setup.connection, owner);
    await expect(async () => payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(async () => payloads.open(sealed, context)).rejects.toThrow();
    expect((await setup.read(owner))?.keys).toHaveLength(1);
    expect(await addVersion(setup.connection, [createCountedRoot().root], owner)).toBe(false);
  });

  it('is forgotten while it is being read', async () => {
    const owner = setup.newOwner();
    const sealed = (await setup.open().payloads.of(owner)).seal('text', context);
    const { root } = createCountedRoot();
    const slow: RootKey = {
      ...root,
      async unwrap(...given) {
        await destroyTenantKey(setup.connection, owner);
        return root.unwrap(...given);
      },
    };
    const { payloads } = setup.open({ roots: [slow] });
    await expect(async () => payloads.open(sealed, context)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(async () => payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forgotten within 30 seconds by a process that misses the notice', async () => {
    const owner = setup.newOwner();
    const { payloads } = setup.open();
    const sealed = (await payloads.of(owner)).seal('text', context);
    const { keys = [], revision = 0 } = (await setup.read(owner)) ?? {};
    const destroyed = keys.map((key) => ({ ...key, wrapped: null }));
    await tenantKeys(setup.connection).updateOne(
      { _id: owner },
      { $set: { keys: destroyed, destroyedAt: new Date(), revision: revision + 1 } },
    );
    setup.clock.ms += 29_999;
    expect(payloads.open(sealed, context)).toBe('text');
    setup.clock.ms += 1;
    await expect(async () => payloads.open(sealed, context)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forgotten by the comparison with the store, which keeps every other key in memory', async () => {
    const [one, other] = [setup.newOwner(), setup.newOwner()];
    const keyring = setup.open();
    await Promise.all([keyring.payloads.of(one), keyring.payloads.of(other)]);
    await tenantKeys(setup.connection).updateOne({ _id: one }, { $set: { destroyedAt: new Date() } });
    setup.clock.ms += 20_000;
    await keyring.check();
    setup.clock.ms += 20_000;
    expect(keyring.payloads.of(other)).not.toBeInstanceOf(Promise);
    await expect(async () => keyring.payloads.of(one)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('versions', () => {
  it('seal when every process knows them, and what former ones sealed still opens', async () => {
    const { connection } = setup;
    setup.clock.ms = Date.now();
    const owner = setup.newOwner();
    const keyring = setup.open();
    const { root } = createCountedRoot();
    const before = (await keyring.payloads.of(owner)).seal('text', context);
    expect(await addVersion(connection, [root], owner)).toBe(true);
    const [first, second] = (await setup.read(owner))?.keys ?? [];
    await keyring.check();
    const sealingId = async () => readDataKeyId((await keyring.payloads.of(owner)).seal('', context));
    expect(await sealingId()).toBe(first?.keyId);
    setup.clock.ms = (second?.createdAt.getTime() ?? 0) + activationMs;
    await keyring.check();
    expect(await sealingId()).toBe(second?.keyId);
    expect((await keyring.payloads.of(owner)).isCurrent(before)).toBe(false);
    for (const one of [keyring, setup.open()]) expect(await one.payloads.open(before, context)).toBe('text');
  });

  it('are each added once where several are added together', async () => {
    const owner = setup.newOwner();
    const { root } = createCountedRoot();
    await setup.open().payloads.of(owner);
    await Promise.all(Array.from({ length: 4 }, () => addVersion(setup.connection, [root], owner)));
    expect((await setup.read(owner))?.keys.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set((await setup.read(owner))?.keys.map(({ keyId }) => keyId)).size).toBe(5);
  });
});

describe('runs that were interrupted', () => {
  it('leave no owner without a key: dropping lost keys again makes one for those whose keys are dropped already', async () => {
    const { connection } = setup;
    const owner = setup.newOwner();
    await setup.open().payloads.of(owner);
    const { root } = createCountedRoot();
    expect(await discardVersions(connection, owner, new Set())).toBe(true);
    await expect(async () => setup.open().payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    await discardLostKeys(connection, [root]);
    expect((await setup.read(owner))?.keys.filter(({ wrapped }) => wrapped !== null)).toHaveLength(1);
    expect((await setup.open().payloads.of(owner)).seal('text', context)).toContain('v3.');
  });
});

describe('new versions of many owners', () => {
  it('count from when each was made, however long those before took', async () => {
    const { connection } = setup;
    const owners = [setup.newOwner(), setup.newOwner()];
    for (const owner of owners) await setup.open().payloads.of(owner);
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
    const made = await Promise.all(owners.map(setup.read));
    const times = made.map((record) => record?.keys.at(-1)?.createdAt.getTime() ?? 0);
    expect(new Set(times).size).toBe(times.length);
    expect(sealedFrom?.getTime()).toBeGreaterThan(Math.max(...times) + activationMs);
  });
});
