import type { Doc } from '../bson/values.ts';
import type { CatalogState, Collection } from '../storage/catalog.ts';
import type { Reader } from '../storage/reader.ts';
import type { Stored } from '../storage/writer.ts';
import type { Overlay } from './transaction.ts';

/** What a command reads: the latest state, or a transaction's snapshot under its own writes. */
export interface View {
  readonly catalog: CatalogState;
  readonly reader: Reader;
  /** Changes with every write that a scan in progress should see. */
  readonly version: number;
  /** The reader's transaction's own writes to a collection, if it has any. */
  findOverlay(collection: number): Overlay | undefined;
}

/**
 * What a command writes through, inside a transaction or not. Each call is one document: it is done whole or throws
 * (DuplicateKey, WriteConflict, HeldByTransaction).
 */
export interface Writes {
  readonly view: View;
  /** To be called before a change that the methods below do not cover, so that durable() waits for it. */
  begin(): void;
  /** The collection, made if it does not exist. */
  open(db: string, name: string): Collection;
  insert(collection: Collection, stored: Stored): void;
  replace(collection: Collection, rid: number, before: Doc, after: { doc: Doc; bytes: Uint8Array }): void;
  remove(collection: Collection, rid: number, doc: Doc): void;
  /** Resolves when everything written so far is on disk (at once inside a transaction: its commit waits). */
  durable(): Promise<void>;
}
