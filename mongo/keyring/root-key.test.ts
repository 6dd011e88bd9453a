import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import { createCountedRoot, rootBytes, startKeyrings, type TestKeyrings } from '#test/support/keyrings.ts';
import { recordEncryptionKey } from '../encryption-check.ts';
import { tenantKeys } from '../tenant-keys.ts';
import { addVersion, rewrapRecord } from './data-keys.ts';
import { rewrapDataKeys } from './rotate.ts';

const context = ['completions', 'c1'];
let setup: TestKeyrings;
beforeAll(async () => {
  setup = await startKeyrings();
});
afterAll(() => setup?.[Symbol.asyncDispose]());

describe('the root key', () => {
  it('is replaced by wrapping the data keys again: what is sealed stays, and the former one is needed no more', async () => {
    const owner = setup.newOwner();
    const [former, current] = [createCountedRoot(), createCountedRoot(randomBytes(32))];
    const sealed = (await setup.open({ roots: [former.root] }).payloads.of(owner)).seal('text', context);
    expect(await setup.open({ roots: [current.root, former.root] }).payloads.open(sealed, context)).toBe(
      'text',
    );
    const rewrap = () => rewrapRecord(setup.connection, [current.root, former.root], owner);
    expect([await rewrap(), await rewrap()]).toEqual([1, 0]);
    expect(await setup.open({ roots: [current.root] }).payloads.open(sealed, context)).toBe('text');
    await expect(async () =>
      setup.open({ roots: [former.root] }).payloads.open(sealed, context),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('another encryption key'),
    });
  });

  it('is replaced for every other owner where it refuses the key of one, which the failure states', async () => {
    const owners = [setup.newOwner(), setup.newOwner(), setup.newOwner()];
    const [former, current] = [createCountedRoot(), createCountedRoot(randomBytes(32))];
    for (const owner of owners) await setup.open({ roots: [former.root] }).payloads.of(owner);
    const [, damaged = ''] = owners;
    const { keys = [] } = (await setup.read(damaged)) ?? {};
    const cut = keys.map((key) => ({ ...key, wrapped: 'v2.cut' }));
    await tenantKeys(setup.connection).updateOne({ _id: damaged }, { $set: { keys: cut } });
    const run = rewrapDataKeys(setup.connection, [current.root, former.root]);
    await expect(run).rejects.toMatchObject({
      reason: 'REFUSED',
      message: expect.stringMatching(/^The data keys of \d+ owners cannot be unwrapped/),
    });
    const rootKeys = await Promise.all(
      owners.map(async (owner) => (await setup.read(owner))?.keys[0]?.rootKeyId),
    );
    expect(rootKeys).toEqual([current.root.id, former.root.id, current.root.id]);
  });

  it('wraps for one owner and one key: a record that is moved does not open', async () => {
    const [one, other] = [setup.newOwner(), setup.newOwner()];
    const keyring = setup.open();
    const sealed = (await keyring.payloads.of(one)).seal('text', context);
    await keyring.payloads.of(other);
    const { keys = [] } = (await setup.read(one)) ?? {};
    await tenantKeys(setup.connection).updateOne({ _id: other }, { $set: { keys } });
    await tenantKeys(setup.connection).deleteOne({ _id: one });
    await expect(async () => setup.open().payloads.open(sealed, context)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('makes no key in a store that needs another one', async () => {
    const { connection } = setup;
    const owner = setup.newOwner();
    await recordEncryptionKey(connection, 'another');
    await expect(async () => setup.open().payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await setup.read(owner)).toBeNull();
    await recordEncryptionKey(connection, createLocalRootKey(rootBytes).id);
    await setup.open().payloads.of(owner);
  });

  it('wraps no new key before it is the one that the store names: a process with the former one alone opens them all', async () => {
    const { connection } = setup;
    const owner = setup.newOwner();
    const [former, newer] = [createCountedRoot(), createCountedRoot(randomBytes(32))];
    await recordEncryptionKey(connection, former.root.id);
    const both = () => setup.open({ roots: [newer.root, former.root] });
    const sealed = (await both().payloads.of(owner)).seal('text', context);
    expect((await setup.read(owner))?.keys[0]?.rootKeyId).toBe(former.root.id);
    expect(await setup.open({ roots: [former.root] }).payloads.open(sealed, context)).toBe('text');
    // `heddle keys rotate`, when every process has both.
    await rewrapRecord(connection, [newer.root, former.root], owner);
    await recordEncryptionKey(connection, newer.root.id);
    const later = setup.newOwner();
    await both().payloads.of(later);
    expect((await setup.read(later))?.keys[0]?.rootKeyId).toBe(newer.root.id);
    expect(await setup.open({ roots: [newer.root] }).payloads.open(sealed, context)).toBe('text');
    await recordEncryptionKey(connection, former.root.id);
  });

  it('wraps a key anew that was made while it became the one that the store names', async () => {
    const { connection } = setup;
    const owner = setup.newOwner();
    const [former, newer] = [createCountedRoot(), createCountedRoot(randomBytes(32))];
    await recordEncryptionKey(connection, former.root.id);
    const slow: RootKey = {
      ...former.root,
      async wrap(...given) {
        await recordEncryptionKey(connection, newer.root.id);
        return former.root.wrap(...given);
      },
    };
    const sealed = (await setup.open({ roots: [newer.root, slow] }).payloads.of(owner)).seal('text', context);
    expect(await setup.open({ roots: [newer.root] }).payloads.open(sealed, context)).toBe('text');
    await recordEncryptionKey(connection, former.root.id);
  });

  it('that refuses fails otherwise than one that is not at hand: what to do is not the same', async () => {
    const owner = setup.newOwner();
    const { root, state } = createCountedRoot();
    await setup.open({ roots: [root] }).payloads.of(owner);
    state.failure = 'REFUSED';
    await expect(async () => setup.open({ roots: [root] }).payloads.of(owner)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/^The root key refuses .*enable it again/),
    });
    const other = setup.open({ roots: [createCountedRoot(randomBytes(32)).root] });
    await expect(async () => other.payloads.of(owner)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/another encryption key than this process has: start it with that key/),
    });
  });

  it('may be away for 12 hours for keys in memory, which are unwrapped again every hour; others are OVERLOADED', async () => {
    const [known, unknown] = [setup.newOwner(), setup.newOwner()];
    const { root, counts, state } = createCountedRoot();
    const keyring = setup.open({ roots: [root] });
    const use = async (owner: string) => (await keyring.payloads.of(owner)).seal('text', context);
    const sealed = await use(known);
    for (let hour = 0; hour < 2; hour++) {
      setup.clock.ms += 3_600_000;
      await use(known);
    }
    expect(counts).toEqual({ wrapped: 1, unwrapped: 3 });
    state.failure = 'UNREACHABLE';
    await expect(use(unknown)).rejects.toMatchObject({
      code: 'OVERLOADED',
      extensions: { retryAfterMs: expect.any(Number) },
    });
    setup.clock.ms += 12 * 3_600_000 - 1;
    expect(await keyring.payloads.open(await use(known), context)).toBe('text');
    setup.clock.ms += 30_001;
    await expect(use(known)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect(async () => keyring.payloads.open(sealed, context)).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    state.failure = null;
    expect(await keyring.payloads.open(sealed, context)).toBe('text');
  });

  it('that is away makes no call wait for keys in memory, and is called again once in 30 seconds at most', async () => {
    const owners = Array.from({ length: 4 }, setup.newOwner);
    const { root } = createCountedRoot();
    const calls: string[] = [];
    const away = { is: false };
    const slow: RootKey = {
      ...root,
      async unwrap(...given) {
        calls.push(given[1][1] ?? '');
        if (!away.is) return root.unwrap(...given);
        // As long as a service that does not answer is waited for.
        setup.clock.ms += 9_000;
        throw new RootKeyFailure('UNREACHABLE', 'Not now.');
      },
    };
    const keyring = setup.open({ roots: [slow] });
    const use = () => Promise.all(owners.map((owner) => keyring.payloads.of(owner)));
    await use();
    setup.clock.ms += 3_600_000 - 20_000;
    await keyring.check();
    await use();
    away.is = true;
    setup.clock.ms += 20_000;
    const startedMs = setup.clock.ms;
    const before = calls.length;
    for (let at = 0; at < 10; at++) {
      await keyring.check();
      // Seldom used, they stay all the same.
      if (at % 3 === 2)
        for (const owner of owners) expect(keyring.payloads.of(owner)).not.toBeInstanceOf(Promise);
      setup.clock.ms += 15_000;
    }
    expect((setup.clock.ms - startedMs) / 30_000).toBeGreaterThanOrEqual(calls.length - before);
    expect(calls.length).toBeGreaterThan(before);
  });

  it('that is away when there is a new version leaves the former one in use, and is needed for no other', async () => {
    const { connection } = setup;
    setup.clock.ms = Date.now();
    const owner = setup.newOwner();
    const { root, state } = createCountedRoot();
    let calls = 0;
    const unwrap: RootKey['unwrap'] = (...given) => {
      calls += 1;
      return root.unwrap(...given);
    };
    const keyring = setup.open({ roots: [{ ...root, unwrap }] });
    const sealed = (await keyring.payloads.of(owner)).seal('text', context);
    expect(await addVersion(connection, [createCountedRoot().root], owner)).toBe(true);
    const [first, second] = (await setup.read(owner))?.keys ?? [];
    const sealingId = async () => readDataKeyId((await keyring.payloads.of(owner)).seal('', context));
    state.failure = 'UNREACHABLE';
    for (let at = 0; at < 10; at++) {
      await keyring.check();
      setup.clock.ms += 15_000;
      expect(await sealingId()).toBe(first?.keyId);
      expect(await keyring.payloads.open(sealed, context)).toBe('text');
    }
    expect(calls).toBeLessThanOrEqual(1 + 150_000 / 30_000);
    calls = 0;
    const cold = setup.open({ roots: [{ ...root, unwrap }] });
    await expect(async () => cold.payloads.of(owner)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(calls).toBe(1);
    state.failure = null;
    setup.clock.ms += 30_000;
    await keyring.check();
    expect(await sealingId()).toBe(second?.keyId);
  });

  it('is called for a bounded time by one comparison with the store, and the next one continues', async () => {
    const owners = Array.from({ length: 5 }, setup.newOwner);
    const { root } = createCountedRoot();
    const unwrapped: string[] = [];
    const slow: RootKey = {
      ...root,
      async unwrap(...given) {
        unwrapped.push(given[1][1] ?? '');
        setup.clock.ms += 4_000;
        return root.unwrap(...given);
      },
    };
    const keyring = setup.open({ roots: [slow] });
    for (const owner of owners) await setup.open().payloads.of(owner);
    for (const owner of owners) await keyring.payloads.of(owner);
    setup.clock.ms += 3_600_000;
    for (const owner of owners) await keyring.payloads.of(owner);
    setup.clock.ms += 3_600_000;
    unwrapped.length = 0;
    await keyring.check();
    expect(unwrapped).toHaveLength(3);
    await keyring.check();
    expect(new Set(unwrapped)).toEqual(new Set(owners));
    expect(unwrapped).toHaveLength(5);
  });

  it('that refuses ends the use of a key in memory after an hour at the latest', async () => {
    const owner = setup.newOwner();
    const { root, state } = createCountedRoot();
    const keyring = setup.open({ roots: [root] });
    await keyring.payloads.of(owner);
    state.failure = 'REFUSED';
    setup.clock.ms += 3_600_000;
    await expect(async () => keyring.payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
    setup.clock.ms += 1;
    await keyring.check();
    await expect(async () => keyring.payloads.of(owner)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('unwraps nothing for owners that were not used for an hour: they leave the memory', async () => {
    const [idle, used] = [setup.newOwner(), setup.newOwner()];
    const { root, counts } = createCountedRoot();
    const keyring = setup.open({ roots: [root] });
    await Promise.all([keyring.payloads.of(idle), keyring.payloads.of(used)]);
    for (let hour = 0; hour < 3; hour++) {
      setup.clock.ms += 3_600_000;
      await keyring.check();
      await keyring.payloads.of(used);
    }
    // Used in the first hour, both are unwrapped once more; then one.
    expect(counts.unwrapped - 2).toBe(1 + 3);
  });

  it('is not called by a mesh whose own key is in memory', async () => {
    const { root, counts } = createCountedRoot();
    const keyring = setup.open({ roots: [root] });
    await keyring.secrets.of(meshOwner);
    const before = counts.unwrapped;
    for (let minute = 0; minute < 30; minute++) {
      setup.clock.ms += 15_000;
      await keyring.check();
      expect(keyring.secrets.of(meshOwner)).not.toBeInstanceOf(Promise);
    }
    expect(counts.unwrapped).toBe(before);
  });
});
