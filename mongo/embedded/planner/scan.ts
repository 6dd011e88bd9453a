import { PAUSE, type Pause } from '../aggregate/pause.ts';
import { decodeDocument, decodeFields } from '../bson/decode.ts';
import type { Doc, Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { FilterNode } from '../query/ast.ts';
import { fieldsRead } from '../query/ast.ts';
import type { MatchDetails, Matcher } from '../query/compile.ts';
import type { Sorter } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Index } from '../storage/index-spec.ts';
import type { KeyPosition, KeyRow, Row } from '../storage/reader.ts';
import type { View } from '../transactions/writes.ts';
import { type IndexPlan, type Plan, splitRanges } from './plan.ts';

/** A document that was found. `doc` is its values when finding it already took decoding it whole. */
export type Found = {
  readonly rid: number;
  readonly bytes: Uint8Array;
  readonly doc: Doc | undefined;
};

/** Counts for explain. */
export type ScanStats = { keysExamined: number; docsExamined: number };

export type ScanInput = {
  view: View;
  collection: Collection;
  plan: Plan;
  filter: FilterNode;
  matches: Matcher;
  /** The caller needs all values of what is found, so that decoding a part for the filter would be wasted. */
  whole?: boolean;
  /** The wanted order, if there is one. */
  sorter?: Sorter | undefined;
  /** As many as the caller will take, if it knows. */
  limit?: number | undefined;
  stats?: ScanStats | undefined;
  details?: MatchDetails | undefined;
};

const FIRST_ROWS = 32;
const ROWS_MAX = 1024;
const BATCH_BYTES = 2 * 1024 * 1024;

/**
 * Reads the documents that match, lazily and in batches, with a pause point after each batch. Between batches the
 * collection may change: the scan continues from the entry where it was, and never returns a document from before a
 * change that it could have seen.
 */
export function* scan(input: ScanInput): Generator<Found | Pause, void> {
  const test = tester(input);
  const overlay = input.view.findOverlay(input.collection.id);
  const seen =
    input.plan.kind === 'union' || (input.plan.kind === 'index' && input.plan.repeats)
      ? new Set<number>()
      : undefined;
  for (const row of candidates(input)) {
    if (row === PAUSE) {
      yield PAUSE;
      continue;
    }
    const [rid, bytes] = row;
    if (overlay?.rows.has(rid)) continue;
    if (seen?.has(rid)) continue;
    seen?.add(rid);
    const found = test(rid, bytes);
    if (found !== undefined) yield found;
  }
  if (overlay === undefined) return;
  for (const [rid, row] of [...overlay.rows]) {
    if (row === null) continue;
    const found = test(rid, row.bytes);
    if (found !== undefined) yield found;
  }
}

/** Whether the overlay of a transaction (whose documents come last) spoils the order that a plan promises. */
export function keepsOrder(view: View, collection: Collection): boolean {
  return (view.findOverlay(collection.id)?.rows.size ?? 0) === 0;
}

function tester(input: ScanInput): (rid: number, bytes: Uint8Array) => Found | undefined {
  const { filter, matches, stats, details } = input;
  const all = filter.op === 'and' && filter.children.length === 0;
  const undecided = input.view.findOverlay(input.collection.id) !== undefined;
  const decided =
    all || (!undecided && details === undefined && input.plan.kind === 'index' && input.plan.decided);
  if (decided) {
    return (rid, bytes) => {
      if (stats !== undefined) stats.docsExamined++;
      return { rid, bytes, doc: undefined };
    };
  }
  const fields = input.whole ? null : fieldsRead(filter);
  return (rid, bytes) => {
    if (stats !== undefined) stats.docsExamined++;
    if (fields !== null)
      return matches(decodeFields(bytes, fields), details) ? { rid, bytes, doc: undefined } : undefined;
    const doc = decodeDocument(bytes);
    if (details !== undefined) details.position = -1; // a document that did not match may have left one
    return matches(doc, details) ? { rid, bytes, doc } : undefined;
  };
}

function candidates(input: ScanInput): Iterable<Row | Pause> {
  const { plan, sorter } = input;
  if (plan.kind === 'collection') return collectionRows(input, plan.direction);
  const plans = plan.kind === 'union' ? plan.plans : [plan];
  const isMerged = sorter !== undefined && plan.sorted && (plan.kind === 'union' || plan.merged);
  if (!isMerged) return inTurn(plans.map((one) => indexRows(input, one)));
  const parts = plans.flatMap(splitRanges);
  // All of them hold a batch at the same time.
  const bytes = BATCH_BYTES / parts.length;
  return mergeInOrder(
    parts.map((part) => indexRows(input, part, bytes)),
    sorter,
  );
}

function* inTurn(scans: Iterable<Row | Pause>[]): Generator<Row | Pause, void> {
  for (const one of scans) yield* one;
}

type Head = { readonly scan: Iterator<Row | Pause, void>; row: Row; key: Value[] };

/** The rows of scans that have the order of the sorter each, in that order. */
function* mergeInOrder(scans: Iterator<Row | Pause, void>[], sorter: Sorter): Generator<Row | Pause, void> {
  const heads: Head[] = [];
  for (const scan of scans) {
    const row = yield* nextRow(scan);
    if (row !== undefined) heads.push({ scan, row, key: sorter.readKey(row[1]) });
  }
  while (heads.length > 0) {
    const first = heads.reduce((least, head) => (sorter.compare(head.key, least.key) < 0 ? head : least));
    yield first.row;
    const row = yield* nextRow(first.scan);
    if (row === undefined) heads.splice(heads.indexOf(first), 1);
    else {
      first.row = row;
      first.key = sorter.readKey(row[1]);
    }
  }
}

function* nextRow(scan: Iterator<Row | Pause, void>): Generator<Pause, Row | undefined> {
  for (;;) {
    const { value } = scan.next();
    if (value !== PAUSE) return value ?? undefined;
    yield PAUSE;
  }
}

/** Grows batches towards a size in bytes: few large documents or many small ones. */
class BatchSize {
  rows: number;
  readonly #bytes: number;
  constructor(limit: number | undefined, bytes = BATCH_BYTES) {
    this.#bytes = bytes;
    this.rows = Math.min(limit === undefined || limit === 0 ? FIRST_ROWS : limit, FIRST_ROWS * 4);
  }
  learn(bytes: number, count: number): void {
    const fitting = Math.floor(this.#bytes / Math.max(1, bytes / Math.max(1, count)));
    this.rows = Math.max(1, Math.min(this.rows * 4, fitting, ROWS_MAX));
  }
}

/** Throws, when it is called, QueryPlanKilled once what is read has been dropped. */
function watch({ view, collection }: ScanInput, index: Index | undefined): () => void {
  let seen = view.catalog;
  return () => {
    if (view.catalog === seen) return;
    seen = view.catalog;
    const now = seen.get(collection.ns);
    const isThere =
      now?.id === collection.id && (index === undefined || now.indexes.some(({ id }) => id === index.id));
    if (!isThere) {
      throw new CommandError(
        'QueryPlanKilled',
        `the collection ${collection.ns}, or the index in use, was dropped`,
      );
    }
  };
}

function* collectionRows(input: ScanInput, direction: 1 | -1): Generator<Row | Pause, void> {
  const { view, collection } = input;
  const size = new BatchSize(input.limit);
  let from: number | undefined;
  const stillThere = watch(input, undefined);
  for (;;) {
    stillThere();
    const wanted = size.rows;
    const { version } = view;
    const rows = view.reader.scan(collection.id, from, direction, wanted);
    let bytes = 0;
    let stale = false;
    for (const row of rows) {
      bytes += row[1].length;
      from = row[0];
      yield row;
      stale = view.version !== version;
      if (stale) break;
    }
    if (!stale && rows.length < wanted) return;
    if (!stale) size.learn(bytes, rows.length);
    yield PAUSE;
  }
}

function* indexRows(input: ScanInput, plan: IndexPlan, batchBytes?: number): Generator<Row | Pause, void> {
  const { view, collection, stats } = input;
  const { index, direction } = plan;
  const size = new BatchSize(input.limit, batchBytes);
  let sincePause = 0;
  // A range of the _id index that is one value is one row, which costs a third of a range to find.
  const single = index === undefined && plan.points === 1;
  const stillThere = watch(input, index);
  for (const range of plan.ranges) {
    if (single) {
      stillThere();
      const row = view.reader.byId(collection.id, range.low);
      if (row !== undefined) {
        if (stats !== undefined) stats.keysExamined++;
        yield row;
      }
      if (++sincePause > FIRST_ROWS) {
        sincePause = 0;
        yield PAUSE;
      }
      continue;
    }
    let from: KeyPosition | undefined;
    for (;;) {
      stillThere();
      const wanted = size.rows;
      const { version } = view;
      const rows: readonly KeyRow[] =
        index === undefined
          ? view.reader.scanIds(collection.id, range, from, direction, wanted)
          : view.reader.scanIndex(collection.id, index.id, range, from, direction, wanted);
      let bytes = 0;
      let stale = false;
      for (const [key, rid, document] of rows) {
        if (stats !== undefined) stats.keysExamined++;
        bytes += document.length;
        from = { key, rid };
        yield [rid, document];
        stale = view.version !== version;
        if (stale) break;
      }
      sincePause += rows.length + 1;
      if (sincePause > FIRST_ROWS) {
        sincePause = 0;
        yield PAUSE;
      }
      if (stale) continue;
      if (rows.length < wanted) break;
      size.learn(bytes, rows.length);
    }
  }
}
