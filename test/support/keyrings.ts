import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { pino } from 'pino';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import { Keyring, type KeyringOptions } from '#mongo/keyring/keyring.ts';
import { type TenantKeyRecord, tenantKeys } from '#mongo/tenant-keys.ts';
import { openTestDatabase } from './database.ts';

/** The root key of the keyrings, where a test sets no other. */
export const rootBytes = randomBytes(32);

/** A local root key that counts what it unwraps, and fails on request. */
export function createCountedRoot(key: Uint8Array = rootBytes) {
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

/** Keyrings over a database of the test's own, at a time that the test sets. */
export interface TestKeyrings extends AsyncDisposable {
  readonly connection: Connection;
  readonly clock: { ms: number };
  /** Another keyring, as of another process. */
  open(options?: Partial<KeyringOptions>): Keyring;
  read(owner: string): Promise<TenantKeyRecord | null>;
  /** An owner that no other test has. */
  newOwner(): string;
}

export async function startKeyrings(): Promise<TestKeyrings> {
  const database = await openTestDatabase({ monitorCommands: true });
  const stack = new AsyncDisposableStack();
  stack.defer(() => database.close());
  const { connection } = database;
  const clock = { ms: Date.now() };
  let owners = 0;
  return {
    connection,
    clock,
    open: (options = {}) =>
      stack.use(
        new Keyring({
          connection,
          roots: [createCountedRoot().root],
          log: pino({ level: 'silent' }),
          now: () => clock.ms,
          ...options,
        }),
      ),
    read: (owner) => tenantKeys(connection).findById(owner).lean<TenantKeyRecord>(),
    newOwner: () => `owner-${++owners}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
