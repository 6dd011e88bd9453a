import { hash } from 'node:crypto';
import { createOverloadedError } from '#core/errors.ts';

/** Where a record stands in its chain, and what it follows. */
export interface ChainPosition {
  /** `<kind>:<tenant id>`; the mesh's own chains have an empty id. */
  readonly chain: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  /** The hash of the record before; zeros for the first. */
  readonly previousHash: string;
}

/** A position with the hash of the record that has it. */
export interface ChainLink extends ChainPosition {
  /** SHA-256, in hex, over the canonical text of the whole record without this field. */
  readonly hash: string;
}

/** Changes, counts of refusals and reads, and the beginnings of changes are chained apart: they are kept for different times. */
export type ChainKind = 'changes' | 'occurrences' | 'starts';

/** What the first record of a chain follows. */
export const firstPreviousHash = '0'.repeat(64);

export function toChainName(kind: ChainKind, tenantId: string | null): string {
  return `${kind}:${tenantId ?? ''}`;
}

/**
 * A text that is the same for the same content, wherever it was stored meanwhile: JSON with sorted names, without fields that are
 * undefined, dates in ISO 8601.
 */
export function toCanonicalText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(toCanonicalText).join()}]`;
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => [name.toWellFormed(), toCanonicalText(field)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${field}`).join()}}`;
}

/** The hash that a record of a chain must have. */
export function computeLinkHash(record: object): string {
  return hash('sha256', toCanonicalText({ ...record, hash: undefined }), 'hex');
}

/** Chains whose last link a process remembers, and callers that wait for the end of one chain. */
const headsMax = 1_000;
const waitersMax = 1_000;
/** Each failed try is a record that another process has appended. */
const triesMax = 200;

interface Turns {
  waiters: number;
  last: Promise<unknown>;
}

/** Appends to the chains of one collection. A unique index over chain and sequence keeps processes from forking a chain. */
export class ChainWriter {
  readonly #readHead: (chain: string) => Promise<ChainLink | null>;
  readonly #heads = new Map<string, Pick<ChainLink, 'sequence' | 'hash'>>();
  readonly #turns = new Map<string, Turns>();

  constructor(readHead: (chain: string) => Promise<ChainLink | null>) {
    this.#readHead = readHead;
  }

  /**
   * Builds the record for the end of the chain, and writes it. `write` returns false where the record is not to be written any
   * more. It is repeated for the next position where another process has taken this one.
   */
  async append<T extends object>(
    chain: string,
    build: (position: ChainPosition) => T,
    write: (record: T & ChainLink) => Promise<boolean>,
  ): Promise<boolean> {
    const turns = this.#turns.get(chain) ?? { waiters: 0, last: Promise.resolve() };
    if (turns.waiters >= waitersMax) throw createOverloadedError('Too many changes wait for the audit log.');
    this.#turns.set(chain, turns);
    turns.waiters += 1;
    const turn = turns.last.then(() => this.#append(chain, build, write));
    // Any error: the caller of that turn receives it.
    turns.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      turns.waiters -= 1;
      if (turns.waiters === 0) this.#turns.delete(chain);
    }
  }

  async #append<T extends object>(
    chain: string,
    build: (position: ChainPosition) => T,
    write: (record: T & ChainLink) => Promise<boolean>,
  ): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const head = this.#heads.get(chain) ??
        (await this.#readHead(chain)) ?? { sequence: 0, hash: firstPreviousHash };
      const position = { chain, sequence: head.sequence + 1, previousHash: head.hash };
      const record = { ...build(position), ...position };
      const link = { ...record, hash: computeLinkHash(record) };
      this.#heads.delete(chain);
      try {
        const isWritten = await write(link);
        this.#remember(chain, isWritten ? link : head);
        return isWritten;
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== 11000 || tries >= triesMax) throw error;
      }
    }
  }

  #remember(chain: string, { sequence, hash }: Pick<ChainLink, 'sequence' | 'hash'>): void {
    if (this.#heads.size >= headsMax) this.#heads.delete(this.#heads.keys().next().value ?? '');
    this.#heads.set(chain, { sequence, hash });
  }
}

/** The paths of a schema whose records are chained. */
export const chainPaths = { chain: String, sequence: Number, previousHash: String, hash: String };

/** The index that makes a fork of a chain impossible, and finds its end. */
export const chainIndex = [
  { chain: 1, sequence: 1 },
  { unique: true, partialFilterExpression: { sequence: { $gt: 0 } } },
] as const;

/** Finds records that have a position in the chain. */
export const inChain = (chain: string) => ({ chain, sequence: { $gt: 0 } });
