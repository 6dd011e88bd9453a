import { LRUCache } from 'lru-cache';
import { apiKeys } from '#mongo/api-keys.ts';
import { readNow, type TenantsDeps } from '../deps.ts';

const everyMs = 60_000;
const rememberedMax = 10_000;

/** Notes when keys were last used, to the minute, without anyone waiting for it. */
export interface KeyUsage {
  used(keyId: string): void;
  /** Resolves when what was begun is written. */
  settled(): Promise<void>;
}

/** At most one write a minute for a key, in this process; a failed one is logged and forgotten. */
export function createKeyUsage(deps: TenantsDeps): KeyUsage {
  const writtenMs = new LRUCache<string, number>({ max: rememberedMax });
  const writing = new Set<Promise<void>>();
  return {
    used(keyId) {
      const now = readNow(deps);
      if (now.getTime() - (writtenMs.get(keyId) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
      writtenMs.set(keyId, now.getTime());
      const write = apiKeys(deps.connection)
        .updateOne({ _id: keyId }, { $set: { lastUsedAt: now } })
        .then(
          () => {},
          (err: unknown) => deps.log.warn({ err, keyId }, 'the last use of a key was not written'),
        )
        .finally(() => writing.delete(write));
      writing.add(write);
    },
    async settled() {
      await Promise.all(writing);
    },
  };
}
