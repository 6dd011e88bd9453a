import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { LoggedRequest } from '../log/refusal-log.ts';
import type { UntrustedLog } from '../log/untrusted-log.ts';
import { AutomaticDocuments, computeDocumentHash } from './automatic-documents.ts';
import type { DocumentSource } from './document-source.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/** The text of a document. */
export interface ReadDocument {
  readonly text: string;
  /** It was pushed as a trusted document: the names in it are known to the operator. */
  readonly isRegistered: boolean;
}

export interface RequestDocumentsOptions {
  /** Of callers whose app has no mode of its own. */
  readonly mode: TrustedDocumentsMode;
  /** Whether automatic persisted queries are kept. */
  readonly isAutomatic: boolean;
  /** Hashes of documents that are trusted whatever the mode. */
  readonly ownHashes: ReadonlySet<string>;
}

/** Finds the texts of the documents that requests name, and refuses the texts that a client may not send. */
export class RequestDocuments {
  readonly #trusted: Pick<TrustedDocuments, 'find'>;
  readonly #log: Pick<UntrustedLog, 'note'>;
  readonly #options: RequestDocumentsOptions;
  readonly #automatic = new AutomaticDocuments();

  constructor(
    trusted: Pick<TrustedDocuments, 'find'>,
    log: Pick<UntrustedLog, 'note'>,
    options: RequestDocumentsOptions,
  ) {
    this.#trusted = trusted;
    this.#log = log;
    this.#options = options;
  }

  /**
   * The text of the document. It waits for nothing where a text is sent and the mode is OFF. Throws DOCUMENT_NOT_TRUSTED,
   * PERSISTED_QUERY_NOT_FOUND and PERSISTED_QUERY_NOT_SUPPORTED, and BAD_USER_INPUT for a hash of another text.
   */
  read(
    source: DocumentSource,
    request: LoggedRequest & { readonly caller: Caller },
  ): ReadDocument | Promise<ReadDocument> {
    const { query, hash } = source;
    const mode = request.caller.trustedDocuments ?? this.#options.mode;
    if (query === undefined) return this.#readNamed(source.hash ?? source.id ?? '', mode, source, request);
    if (hash !== undefined && hash !== computeDocumentHash(query)) {
      throw new HeddleError('BAD_USER_INPUT', 'The sha256Hash is not the SHA-256 of the query.');
    }
    return mode === 'OFF' ? { text: query, isRegistered: false } : this.#readChecked(query, mode, request);
  }

  /** Keeps the text of an automatic persisted query that was found valid. */
  keep({ query, hash }: DocumentSource, caller: Caller): void {
    if (query === undefined || hash === undefined || !this.#options.isAutomatic) return;
    this.#automatic.keep(caller, hash, query);
  }

  /** A hash is one of a manifest, or of an automatic persisted query; an id is one of a manifest. */
  async #readNamed(
    name: string,
    mode: TrustedDocumentsMode,
    { hash }: DocumentSource,
    request: LoggedRequest & { readonly caller: Caller },
  ): Promise<ReadDocument> {
    const { caller } = request;
    const isAutomatic = hash !== undefined && this.#options.isAutomatic && mode !== 'ENFORCE';
    const kept = isAutomatic ? this.#automatic.find(caller, hash) : undefined;
    if (kept !== undefined && mode === 'OFF') return { text: kept, isRegistered: false };
    const trusted = await this.#trusted.find(name, request);
    if (trusted !== undefined) return { text: trusted, isRegistered: true };
    if (kept !== undefined) {
      this.#log.note(computeDocumentHash(kept), request);
      return { text: kept, isRegistered: false };
    }
    if (hash !== undefined && mode !== 'ENFORCE' && !this.#options.isAutomatic) {
      throw new HeddleError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
    }
    throw new HeddleError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
  }

  async #readChecked(
    query: string,
    mode: TrustedDocumentsMode,
    request: LoggedRequest & { readonly caller: Caller },
  ): Promise<ReadDocument> {
    const sha256 = computeDocumentHash(query);
    if (this.#options.ownHashes.has(sha256)) return { text: query, isRegistered: true };
    const found = await this.#find(sha256, mode, request);
    if (found !== undefined) return { text: query, isRegistered: found !== '' };
    if (mode === 'LOG') {
      this.#log.note(sha256, request);
      return { text: query, isRegistered: false };
    }
    throw new HeddleError(
      'DOCUMENT_NOT_TRUSTED',
      'Only trusted documents may be sent with these credentials: push this one with `heddle operations push`, or send the id of one that was pushed.',
      { extensions: { sha256 } },
    );
  }

  /** Where the mode is LOG, a store that cannot be reached refuses nothing. */
  async #find(
    sha256: string,
    mode: TrustedDocumentsMode,
    request: LoggedRequest & { readonly caller: Caller },
  ): Promise<string | undefined> {
    try {
      return await this.#trusted.find(sha256, request);
    } catch (error) {
      if (mode === 'LOG' && error instanceof HeddleError && error.code === 'OVERLOADED') return '';
      throw error;
    }
  }
}
