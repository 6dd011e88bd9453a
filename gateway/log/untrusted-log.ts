import type { Logger } from 'pino';
import { BoundedLines } from './bounded-lines.ts';
import type { LoggedRequest } from './refusal-log.ts';

/** Logs documents that are not trusted where they are let through: by their hashes, bounded under a flood. */
export class UntrustedLog implements Disposable {
  readonly #log: Logger;
  readonly #lines: BoundedLines;

  constructor(log: Logger, now?: () => number) {
    this.#log = log;
    this.#lines = new BoundedLines(({ count, most }) => {
      this.#log.info(
        { event: 'untrusted_documents_left_out', count, most },
        'documents were left out of the log',
      );
    }, now);
  }

  note(sha256: string, { requestId, clientRequestId, clientAddress, caller }: LoggedRequest): void {
    if (!this.#log.isLevelEnabled('info')) return;
    const appId = caller?.appId ?? null;
    if (!this.#lines.admit(`${appId ?? '-'} ${sha256}`)) return;
    this.#log.info(
      {
        event: 'untrusted_document',
        sha256,
        requestId,
        ...(clientRequestId == null ? {} : { clientRequestId }),
        tenantId: caller?.tenantId ?? null,
        appId,
        keyId: caller?.keyId ?? null,
        clientAddress,
      },
      'a document is not trusted',
    );
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }
}
