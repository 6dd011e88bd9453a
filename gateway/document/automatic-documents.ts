import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from '#core/caller.ts';

/** Bytes of texts that are kept, and of those of callers without a key. */
const bytesMax = 16 * 1024 * 1024;
const anonymousBytesMax = 1024 * 1024;

/** The SHA-256 of a document's text, as clients and manifests name it. */
export function computeDocumentHash(query: string): string {
  return hash('sha256', query, 'hex');
}

/**
 * The texts of automatic persisted queries, by their hashes, in the memory of this process: a client whose hash is not
 * known sends the text again. Each tenant has its own, so that no other finds out which documents it uses.
 */
export class AutomaticDocuments {
  readonly #kept = createMemory(bytesMax);
  readonly #anonymous = createMemory(anonymousBytesMax);

  find(caller: Caller, sha256: string): string | undefined {
    return this.#chooseMemory(caller).get(keyFor(caller, sha256));
  }

  /** Keeps a text whose hash was verified. */
  keep(caller: Caller, sha256: string, query: string): void {
    this.#chooseMemory(caller).set(keyFor(caller, sha256), query);
  }

  #chooseMemory({ tenantId }: Caller): LRUCache<string, string> {
    return tenantId === null ? this.#anonymous : this.#kept;
  }
}

function createMemory(maxSize: number): LRUCache<string, string> {
  return new LRUCache({ maxSize, sizeCalculation: (query, key) => 2 * (query.length + key.length) });
}

function keyFor({ tenantId }: Caller, sha256: string): string {
  return `${tenantId ?? ''} ${sha256}`;
}
