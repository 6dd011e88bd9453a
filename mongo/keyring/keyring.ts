import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { limitEntries } from '#core/cache-entries.ts';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import { keepRunning } from '#core/keep-running.ts';
import { createDataBox, type DataKey, readDataKeyId } from '#core/secrets/data-box.ts';
import type { Opener, Sealer, StreamBoxes } from '#core/secrets/owner-boxes.ts';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import { cannotOpen, type Sealed, type SecretBox } from '#core/secrets/secret-box.ts';
import { findWrappingKeyId, otherKey, rootKeyRefused } from '../encryption-check.ts';
import { onKeyDestroyed, type TenantKeyRecord, tenantKeys } from '../tenant-keys.ts';
import {
  createRecord,
  findSealing,
  listUsable,
  type RootKeys,
  rewrapRecord,
  type UsableKey,
  unwrapKey,
} from './data-keys.ts';

/** How often the keys in memory are compared with the store, and how long they count without. */
const checkEveryMs = 15_000;
const freshMs = 30_000;
/** A key is unwrapped again after the first time; while the root key cannot be reached, it is used until the second. */
const unwrapAgainMs = 3_600_000;
const unwrappedMsMax = 12 * 3_600_000;
/** After a call that did not reach the root key, keys in memory do without it for so long: each call takes seconds. */
const rootAwayMs = 30_000;
/** What one comparison with the store spends on keys that have changed or are to be unwrapped again; the next one continues. */
const renewMsMax = 10_000;
/** Owners with keys in memory, and former versions for each. */
const ownersMax = 2_000;
const formerMax = 8;
const idsPerQuery = 500;

/** What a text is sealed as. */
type Purpose = 'secrets' | 'payloads';
type Boxes = Readonly<Record<Purpose, SecretBox>>;

interface UnwrappedKey {
  readonly boxes: Boxes;
  readonly unwrappedAtMs: number;
}

/** The keys of one owner, in memory. */
interface Entry {
  readonly owner: string;
  readonly revision: number;
  /** By id: the one that seals, the one that will, and former ones that were needed. */
  readonly keys: Map<string, UnwrappedKey>;
  readonly sealing: Boxes;
  /** When the version that seals changes. */
  readonly sealsUntilMs: number;
  checkedAtMs: number;
  isUsed: boolean;
}

export interface KeyringOptions {
  readonly connection: Connection;
  readonly roots: RootKeys;
  /** Open what was sealed before there were data keys. Absent: nothing of that time is to be opened. */
  readonly older?: Boxes;
  readonly log: Logger;
  /** Milliseconds since the epoch, which never go back. */
  readonly now?: () => number;
}

const readClock = () => performance.timeOrigin + performance.now();

/**
 * The data keys of the mesh and its tenants, as this process uses them. An owner's key is made where it first seals, once for all
 * processes. A key that was destroyed seals and opens nothing more: at once in the process that destroyed it, and in those
 * that receive its notice; in any other within 30 seconds.
 */
export class Keyring implements AsyncDisposable {
  readonly secrets: StreamBoxes;
  readonly payloads: StreamBoxes;
  readonly #options: KeyringOptions;
  readonly #now: () => number;
  readonly #byKeyId = new Map<string, Entry>();
  readonly #entries = new LRUCache<string, Entry>({
    ...limitEntries(ownersMax),
    dispose: ({ keys }) => {
      for (const keyId of keys.keys()) this.#byKeyId.delete(keyId);
    },
  });
  readonly #loading = new Map<string, Promise<Entry | null>>();
  /** Owners whose keys were forgotten while they were read: they are read once more. */
  readonly #outdated = new Set<string>();
  #rootAwayUntilMs = 0;
  #isClosing = false;
  readonly #checking: AsyncDisposable;
  readonly #listening: Disposable;

  constructor(options: KeyringOptions) {
    this.#options = options;
    this.#now = options.now ?? readClock;
    this.secrets = this.#openBoxes('secrets');
    this.payloads = this.#openBoxes('payloads');
    this.#listening = onKeyDestroyed(options.connection, async (owner) => this.forget(owner));
    this.#checking = keepRunning(
      checkEveryMs,
      () => this.check(),
      (err) => options.log.warn({ err }, 'the data keys in memory could not be compared with the store'),
    );
  }

  /** The root key in use: `heddle keys rotate` makes it the one that wraps new data keys. */
  get rootKeyId(): string {
    return this.#options.roots[0].id;
  }

  /** Whether this root key is at hand, as the present or a former one. */
  hasRootKey(id: string): boolean {
    return this.#options.roots.some((root) => root.id === id);
  }

  /** Forgets the keys of an owner, which are read again where they are needed. */
  forget(owner: string): void {
    if (this.#loading.has(owner)) this.#outdated.add(owner);
    this.#entries.delete(owner);
  }

  /**
   * Compares the keys in memory with the store: forgets those that were destroyed, takes up new versions, and unwraps again what
   * was unwrapped an hour ago and used since. Runs by itself.
   */
  async check(): Promise<void> {
    const owners = [...this.#entries.keys()];
    const startedMs = this.#now();
    const toRenew: string[] = [];
    for (let first = 0; first < owners.length; first += idsPerQuery) {
      const ids = owners.slice(first, first + idsPerQuery);
      const atMs = this.#now();
      const found = await tenantKeys(this.#options.connection)
        .find({ _id: { $in: ids }, destroyedAt: null }, { revision: 1 })
        .lean<Pick<TenantKeyRecord, '_id' | 'revision'>[]>();
      const revisions = new Map(found.map(({ _id, revision }) => [_id, revision]));
      toRenew.push(...ids.filter((owner) => this.#compare(owner, revisions.get(owner), atMs)));
    }
    // After all were compared: a root key that is slow, or away, makes no call wait for what is in memory.
    for (const owner of toRenew) {
      if (this.#isClosing || this.#now() - startedMs >= renewMsMax) return;
      await this.#renew(owner);
    }
  }

  /** Compares the entry with the revision in the store, undefined where there is none. Whether it is to be read again. */
  #compare(owner: string, revision: number | undefined, atMs: number): boolean {
    const entry = this.#entries.peek(owner);
    if (entry === undefined) return false;
    const isOld = isUnwrappedBefore(entry, atMs - unwrapAgainMs);
    if (revision === undefined || (isOld && !entry.isUsed)) {
      this.forget(owner);
      return false;
    }
    const isSame = revision === entry.revision && atMs < entry.sealsUntilMs;
    if (isSame && !isUnwrappedBefore(entry, atMs - unwrappedMsMax)) entry.checkedAtMs = atMs;
    return isOld || !isSame;
  }

  async #renew(owner: string): Promise<void> {
    const entry = this.#entries.peek(owner);
    if (entry === undefined) return;
    const isOld = isUnwrappedBefore(entry, this.#now() - unwrapAgainMs);
    try {
      const read = await this.#load(owner, false);
      // Not while the root key is away: what leaves the memory then cannot be had again.
      const isRenewed = read !== null && !isUnwrappedBefore(read, this.#now() - unwrapAgainMs);
      if (isOld && isRenewed) read.isUsed = false;
    } catch (error) {
      // A call that needs the key reads it again, and the failure is that call's.
      expectError(error, HeddleError);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#listening[Symbol.dispose]();
    await this.#checking[Symbol.asyncDispose]();
    this.#entries.clear();
  }

  #openBoxes(purpose: Purpose): StreamBoxes {
    return {
      of: (owner) => {
        const entry = this.#entries.get(owner);
        if (entry === undefined || !this.#isFresh(entry)) return this.#findSealer(owner, purpose);
        entry.isUsed = true;
        return entry.sealing[purpose];
      },
      open: (sealed, context) => {
        const opener = this.#findOpener(sealed, purpose);
        return opener instanceof Promise
          ? opener.then((one) => one.open(sealed, context))
          : opener.open(sealed, context);
      },
      findOpener: (sealed) => this.#findOpener(sealed, purpose),
    };
  }

  #findOpener(sealed: Sealed, purpose: Purpose): Opener | Promise<Opener> {
    const keyId = readDataKeyId(sealed);
    if (keyId === undefined) {
      const older = this.#options.older?.[purpose];
      if (older === undefined) throw cannotOpen();
      return older;
    }
    const entry = this.#byKeyId.get(keyId);
    const key = entry?.keys.get(keyId);
    if (entry === undefined || key === undefined || !this.#isFresh(entry)) {
      return this.#loadOpener(keyId, purpose);
    }
    entry.isUsed = true;
    return key.boxes[purpose];
  }

  #isFresh({ checkedAtMs }: Entry): boolean {
    return this.#now() - checkedAtMs < freshMs;
  }

  async #findSealer(owner: string, purpose: Purpose): Promise<Sealer> {
    const entry = await this.#load(owner, true);
    if (entry === null) throw new Error(`There is no data key of ${owner}.`);
    return entry.sealing[purpose];
  }

  async #loadOpener(keyId: string, purpose: Purpose): Promise<Opener> {
    const { connection } = this.#options;
    const owner =
      this.#byKeyId.get(keyId)?.owner ??
      (await tenantKeys(connection).findOne({ 'keys.keyId': keyId }, { _id: 1 }).lean())?._id;
    const entry = owner === undefined ? null : await this.#load(owner, false, keyId);
    const key = entry?.keys.get(keyId);
    if (key === undefined) throw cannotOpen();
    return key.boxes[purpose];
  }

  /** The entry of the owner as the store has it now; with the key of that id, where it is named. Null: there are no keys yet. */
  async #load(owner: string, isMade: boolean, keyId?: string): Promise<Entry | null> {
    const running = this.#loading.get(owner);
    if (running !== undefined) {
      const entry = await running;
      const isEnough = entry === null ? !isMade : keyId === undefined || entry.keys.has(keyId);
      return isEnough ? entry : this.#load(owner, isMade, keyId);
    }
    const loading = this.#read(owner, isMade, keyId).catch((cause: unknown) => {
      const error = toHeddleError(cause);
      if (error instanceof HeddleError && error.code === 'CONFLICT') this.#entries.delete(owner);
      throw error;
    });
    this.#loading.set(owner, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(owner);
    }
  }

  async #read(owner: string, isMade: boolean, keyId: string | undefined): Promise<Entry | null> {
    const { connection } = this.#options;
    for (;;) {
      this.#outdated.delete(owner);
      const atMs = this.#now();
      const record =
        (await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>()) ??
        (isMade ? await this.#make(owner) : null);
      const entry = record === null ? null : await this.#toEntry(record, atMs, keyId);
      if (this.#outdated.has(owner)) continue;
      if (entry !== null) this.#keep(entry);
      return entry;
    }
  }

  async #make(owner: string): Promise<TenantKeyRecord> {
    const { connection, roots } = this.#options;
    const wrapping = await this.#findWrapping();
    const made = await createRecord(connection, wrapping, owner);
    const present = await this.#findWrapping();
    if (present === wrapping) return made;
    // `heddle keys rotate` has ended meanwhile, and may not have seen this one.
    await rewrapRecord(connection, [present, ...roots], owner);
    return (await tenantKeys(connection).findById(owner).lean<TenantKeyRecord>()) ?? made;
  }

  async #findWrapping(): Promise<RootKey> {
    const { connection, roots } = this.#options;
    const id = await findWrappingKeyId(connection, this);
    return roots.find((root) => root.id === id) ?? roots[0];
  }

  async #toEntry(record: TenantKeyRecord, atMs: number, keyId: string | undefined): Promise<Entry> {
    const owner = record._id;
    const usable = listUsable(record);
    const sealing = findSealing(usable, atMs);
    const newest = usable.at(-1);
    if (record.destroyedAt !== null || sealing === undefined || newest === undefined) {
      throw new HeddleError('CONFLICT', 'The data of this tenant was erased, and its key with it.');
    }
    const known = this.#entries.get(owner)?.keys;
    const stays = (key: UsableKey) => key === sealing || key === newest || key.keyId === keyId;
    const former = usable.filter((key) => !stays(key) && known?.has(key.keyId)).slice(-formerMax);
    const keys = new Map<string, UnwrappedKey>();
    let failure: unknown;
    for (const key of [...former, ...usable.filter(stays)]) {
      const isOnly = known === undefined && key === sealing;
      const isNeeded = isOnly || key.keyId === keyId || known?.has(key.keyId) === true;
      try {
        if (!isNeeded && this.#now() < this.#rootAwayUntilMs)
          throw new RootKeyFailure('UNREACHABLE', 'The root key could not be reached just now.');
        keys.set(key.keyId, await this.#unwrap(owner, key, known?.get(key.keyId), atMs));
      } catch (error) {
        // A version that cannot be had yet keeps none from use that is in memory.
        if (!isAway(error) || isOnly || key.keyId === keyId) throw error;
        failure = error;
      }
    }
    const before = usable.slice(0, usable.indexOf(sealing) + 1);
    const present = before.findLast((key) => keys.has(key.keyId));
    const boxes = present && keys.get(present.keyId)?.boxes;
    if (boxes === undefined) throw failure;
    const isSettled = sealing === newest && failure === undefined;
    const sealsUntilMs = isSettled ? Number.POSITIVE_INFINITY : atMs + checkEveryMs;
    return {
      owner,
      revision: record.revision,
      keys,
      sealing: boxes,
      sealsUntilMs,
      checkedAtMs: atMs,
      isUsed: true,
    };
  }

  async #unwrap(
    owner: string,
    key: UsableKey,
    known: UnwrappedKey | undefined,
    atMs: number,
  ): Promise<UnwrappedKey> {
    const { roots, log } = this.#options;
    const isUsable = known !== undefined && atMs < known.unwrappedAtMs + unwrappedMsMax;
    const waits = this.#now() < this.#rootAwayUntilMs;
    if (isUsable && (waits || atMs < known.unwrappedAtMs + unwrapAgainMs)) return known;
    try {
      return { boxes: createBoxes(await unwrapKey(roots, owner, key)), unwrappedAtMs: atMs };
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#rootAwayUntilMs = this.#now() + rootAwayMs;
      if (!isUsable) throw error;
      log.warn({ err: error, owner }, 'the root key cannot be reached; a data key in memory is used on');
      return known;
    }
  }

  #keep(entry: Entry): void {
    this.#entries.set(entry.owner, entry);
    for (const keyId of entry.keys.keys()) this.#byKeyId.set(keyId, entry);
  }
}

function isUnwrappedBefore({ keys }: Entry, ms: number): boolean {
  return [...keys.values()].some(({ unwrappedAtMs }) => unwrappedAtMs <= ms);
}

function isAway(error: unknown): boolean {
  return error instanceof RootKeyFailure && error.reason === 'UNREACHABLE';
}

function createBoxes(key: DataKey): Boxes {
  return { secrets: createDataBox(key, 'secrets'), payloads: createDataBox(key, 'payloads') };
}

function toHeddleError(error: unknown): unknown {
  if (!(error instanceof RootKeyFailure)) return error;
  if (error.reason === 'UNREACHABLE') {
    return createOverloadedError('The root key, which opens what is stored, cannot be reached now.', {
      cause: error,
    });
  }
  return error.reason === 'ABSENT' ? otherKey(error) : rootKeyRefused(error);
}
