import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { CatalogCredential, CatalogProvider } from '#catalog/catalog.ts';
import type { EventLog } from '#mongo/events.ts';

const rememberedMax = 1_000;
/** Events that are written at once. */
const writingMax = 100;

/**
 * Reports, once for each new secret among all processes, that a provider rejects it while the one that it has replaced may
 * still be used. Disposing waits for what is being written.
 */
export class CredentialRejections implements AsyncDisposable {
  readonly #events: Pick<EventLog, 'record'>;
  readonly #log: Logger;
  readonly #reported = new LRUCache<string, true>({ max: rememberedMax });
  readonly #writing = new Set<Promise<void>>();

  constructor({ events, log }: { readonly events: Pick<EventLog, 'record'>; readonly log: Logger }) {
    this.#events = events;
    this.#log = log;
  }

  /** Returns at once and never throws. */
  report({ id: providerId, tenantId }: CatalogProvider, { id, label, sealed }: CatalogCredential): void {
    // Each sealing is another text, and nothing can be read from its digest.
    const once = `credential.rejected:${id}:${hash('sha256', sealed, 'hex').slice(0, 16)}`;
    if (this.#reported.has(once) || this.#writing.size >= writingMax) return;
    this.#reported.set(once, true);
    const event = {
      type: 'credential.rejected',
      tenantId,
      subject: id,
      data: { providerId, label },
    } as const;
    const write = this.#events
      .record(event, once)
      .catch((err: unknown) => {
        this.#reported.delete(once);
        this.#log.warn({ err, providerId }, 'the rejection of a credential could not be recorded yet');
      })
      .finally(() => this.#writing.delete(write));
    this.#writing.add(write);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing);
  }
}
