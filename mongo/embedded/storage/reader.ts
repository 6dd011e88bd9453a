import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** A stored document with its row id. */
export type Row = readonly [rid: number, bytes: Uint8Array];
/** The same, with the index key that led to it. */
export type KeyRow = readonly [key: Uint8Array, rid: number, bytes: Uint8Array];
export type Direction = 1 | -1;

/** Keys `low` ≤ key < `high` in memcmp order. */
export type KeyRange = { readonly low: Uint8Array; readonly high: Uint8Array };

/** Where a scan of an index continues: after this entry in its direction. */
export type KeyPosition = { readonly key: Uint8Array; readonly rid: number };

const STATEMENTS_MAX = 2000;
const SAMPLE_ROWS = 1000;

/**
 * Reads documents and index entries through one connection: the writer's own, or a snapshot. Tables of ids below zero
 * are those that a transaction has created and not committed: they are empty here.
 */
export class Reader {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(collection: number, rid: number): Uint8Array | undefined {
    if (collection < 0) return undefined;
    const row = this.#one(`SELECT d FROM c${collection} WHERE rid = ?`).get(rid);
    return row === undefined ? undefined : cell<Uint8Array>(row, 0);
  }

  byId(collection: number, key: Uint8Array): Row | undefined {
    if (collection < 0) return undefined;
    return row<Row>(this.#one(`SELECT rid, d FROM c${collection} WHERE k = ?`).get(key));
  }

  ridById(collection: number, key: Uint8Array): number | undefined {
    if (collection < 0) return undefined;
    const found = this.#one(`SELECT rid FROM c${collection} WHERE k = ?`).get(key);
    return found === undefined ? undefined : cell<number>(found, 0);
  }

  /** The row that holds this key in an index, or undefined. */
  ridByKey(index: number, key: Uint8Array): number | undefined {
    if (index < 0) return undefined;
    const found = this.#one(`SELECT r FROM x${index} WHERE k = ? LIMIT 1`).get(key);
    return found === undefined ? undefined : cell<number>(found, 0);
  }

  lastRid(collection: number): number {
    if (collection < 0) return 0;
    return cell<number>(this.#one(`SELECT coalesce(max(rid), 0) FROM c${collection}`).get() ?? [], 0);
  }

  count(collection: number): number {
    if (collection < 0) return 0;
    return cell<number>(this.#one(`SELECT count(*) FROM c${collection}`).get() ?? [], 0);
  }

  hasMoreThan(collection: number, rows: number): boolean {
    if (collection < 0) return false;
    const sql = `SELECT count(*) FROM (SELECT 1 FROM c${collection} LIMIT ?)`;
    return cell<number>(this.#one(sql).get(rows + 1) ?? [], 0) > rows;
  }

  /** Bytes of a collection's documents; of a large one estimated from its first and last thousand. */
  bytes(collection: number): number {
    if (collection < 0) return 0;
    const table = `c${collection}`;
    const sample = (order: string) =>
      this.#one(
        `SELECT count(*), coalesce(sum(n), 0) FROM (SELECT length(d) AS n FROM ${table} ORDER BY rid ${order} LIMIT ?)`,
      ).get(SAMPLE_ROWS) ?? [];
    const [first, last] = [sample('ASC'), sample('DESC')];
    const rows = cell<number>(first, 0);
    if (rows < SAMPLE_ROWS) return cell<number>(first, 1);
    const average = (cell<number>(first, 1) + cell<number>(last, 1)) / (rows + cell<number>(last, 0));
    return Math.round(average * this.count(collection));
  }

  /** Documents in insertion order after (or, backwards, before) a row id; from the end backwards with `undefined`. */
  scan(collection: number, from: number | undefined, direction: Direction, limit: number): readonly Row[] {
    if (collection < 0) return [];
    if (direction === 1) {
      const sql = `SELECT rid, d FROM c${collection} WHERE rid > ? ORDER BY rid LIMIT ?`;
      return rows<Row>(this.#one(sql).all(from ?? 0, limit));
    }
    const sql = `SELECT rid, d FROM c${collection} WHERE rid < ? ORDER BY rid DESC LIMIT ?`;
    return rows<Row>(this.#one(sql).all(from ?? Number.MAX_SAFE_INTEGER, limit));
  }

  /** Documents in the order of their _id. */
  scanIds(
    collection: number,
    range: KeyRange,
    from: KeyPosition | undefined,
    direction: Direction,
    limit: number,
  ): readonly KeyRow[] {
    if (collection < 0) return [];
    const order = direction === 1 ? 'ORDER BY k' : 'ORDER BY k DESC';
    const { low, high } = bounds(range, from, direction);
    const sql = `SELECT k, rid, d FROM c${collection} WHERE k >= ? AND k < ? ${order} LIMIT ?`;
    return rows<KeyRow>(this.#one(sql).all(low, high, limit));
  }

  /** Documents in the order of an index. */
  scanIndex(
    collection: number,
    index: number,
    range: KeyRange,
    from: KeyPosition | undefined,
    direction: Direction,
    limit: number,
  ): readonly KeyRow[] {
    if (index < 0) return [];
    const select = `SELECT x.k, x.r, c.d FROM x${index} x CROSS JOIN c${collection} c ON c.rid = x.r`;
    if (from === undefined) {
      const order = direction === 1 ? 'ORDER BY x.k, x.r' : 'ORDER BY x.k DESC, x.r DESC';
      const sql = `${select} WHERE x.k >= ? AND x.k < ? ${order} LIMIT ?`;
      return rows<KeyRow>(this.#one(sql).all(range.low, range.high, limit));
    }
    if (direction === 1) {
      const sql = `${select} WHERE (x.k, x.r) > (?, ?) AND x.k < ? ORDER BY x.k, x.r LIMIT ?`;
      return rows<KeyRow>(this.#one(sql).all(from.key, from.rid, range.high, limit));
    }
    const sql = `${select} WHERE (x.k, x.r) < (?, ?) AND x.k >= ? ORDER BY x.k DESC, x.r DESC LIMIT ?`;
    return rows<KeyRow>(this.#one(sql).all(from.key, from.rid, range.low, limit));
  }

  /** How many entries a range of an index holds. */
  countIndex(index: number, range: KeyRange): number {
    if (index < 0) return 0;
    const sql = `SELECT count(*) FROM x${index} WHERE k >= ? AND k < ?`;
    return cell<number>(this.#one(sql).get(range.low, range.high) ?? [], 0);
  }

  countIds(collection: number, range: KeyRange): number {
    if (collection < 0) return 0;
    const sql = `SELECT count(*) FROM c${collection} WHERE k >= ? AND k < ?`;
    return cell<number>(this.#one(sql).get(range.low, range.high) ?? [], 0);
  }

  /** Forgets the statements of a dropped table. */
  forget(): void {
    this.#statements.clear();
  }

  #one(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** A range cut at a position. Appending a zero byte makes the next greater key. */
function bounds(range: KeyRange, from: KeyPosition | undefined, direction: Direction): KeyRange {
  if (from === undefined) return range;
  if (direction === -1) return { low: range.low, high: from.key };
  const low = new Uint8Array(from.key.length + 1);
  low.set(from.key);
  return { low, high: range.high };
}

/*
 * node:sqlite types a row as a record even where it returns arrays (setReturnArrays); the three below are the one
 * place where that is put right.
 */
function cell<T>(found: object, index: number): T {
  return (found as readonly T[])[index]!;
}

function row<T extends Row | KeyRow>(found: object | undefined): T | undefined {
  return found as T | undefined;
}

function rows<T extends Row | KeyRow>(found: object[]): readonly T[] {
  return found as T[];
}
