import { LRUCache } from 'lru-cache';
import { limitEntries } from '#core/cache-entries.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { readNow, type TenantsDeps } from '../deps.ts';

const everyMs = 60_000;
const rememberedMax = 10_000;

/**
 * Notes when and from where keys were last used, to the minute, without a caller waiting for it. At most one write a minute for a key, in
 * this process; a failed one is logged and forgotten.
 */
export class KeyUsage {
  readonly #deps: TenantsDeps;
  readonly #writtenMs = new LRUCache<string, number>(limitEntries(rememberedMax));
  readonly #writing = new Set<Promise<void>>();

  constructor(deps: TenantsDeps) {
    this.#deps = deps;
  }

  used(keyId: string, from: string | null): void {
    const { connection, log } = this.#deps;
    const now = readNow(this.#deps);
    if (now.getTime() - (this.#writtenMs.get(keyId) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    this.#writtenMs.set(keyId, now.getTime());
    const write = apiKeys(connection)
      .updateOne(
        { _id: keyId },
        { $set: { lastUsedAt: now, ...(from === null ? {} : { lastUsedFrom: from }) } },
      )
      .then(
        () => {},
        (err: unknown) => log.warn({ err, keyId }, 'the last use of a key was not written'),
      )
      .finally(() => this.#writing.delete(write));
    this.#writing.add(write);
  }

  /** Resolves when what was begun is written. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }
}
