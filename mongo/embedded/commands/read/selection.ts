import { commandVariables, type ExpressionVariables, letVariables } from '../../aggregate/expression.ts';
import { PAUSE, type Pause } from '../../aggregate/pause.ts';
import { decodeDocument } from '../../bson/decode.ts';
import type { Doc, Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { type Plan, plan } from '../../planner/plan.ts';
import { type Found, keepsOrder, type ScanStats, scan } from '../../planner/scan.ts';
import type { FilterNode } from '../../query/ast.ts';
import { compileFilter, type MatchDetails, type Matcher } from '../../query/compile.ts';
import { parseFilter } from '../../query/parse.ts';
import { compileSorter, parseSort, type Sorter } from '../../query/sort.ts';
import { sortItems } from '../../spill/external-sort.ts';
import type { SpillSpace } from '../../spill/spill-space.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { View } from '../../transactions/writes.ts';
import { checkCollation } from '../options.ts';

/** Documents that a sort may hold in memory, as the server's limit; what is beyond goes to disk. */
export const SORT_BYTES_MAX = 100 * 1024 * 1024;
export const ALL_SORTS_BYTES_MAX = 256 * 1024 * 1024;

/** Where all sorts together hold too much, a smaller one than this still grows: tiny runs are slow to merge. */
const RUN_BYTES_MIN = 4 * 1024 * 1024;

const EVERYTHING: Doc = new Map();

/** A filter with what goes with it, compiled: what find, update, delete and count have in common. */
export class Selection {
  /** The filter as it was sent. */
  readonly source: Doc;
  readonly filter: FilterNode;
  readonly matches: Matcher;
  readonly sort: Doc | undefined;
  readonly hint: Value | undefined;
  readonly vars: ExpressionVariables;
  readonly #sorter: Sorter | undefined;

  constructor(
    given: {
      filter?: Doc | undefined;
      sort?: Doc | undefined;
      hint?: Value | undefined;
      collation?: Value | undefined;
    },
    vars: ExpressionVariables,
  ) {
    checkCollation(given.collation);
    this.vars = vars;
    this.source = given.filter ?? EVERYTHING;
    this.filter = parseFilter(this.source);
    this.matches = compileFilter(this.filter, { vars });
    this.sort = given.sort === undefined || given.sort.size === 0 ? undefined : given.sort;
    this.hint = given.hint ?? undefined;
    this.#sorter =
      this.sort === undefined || this.sort.has('$natural') ? undefined : compileSorter(parseSort(this.sort));
  }

  plan(collection: Collection): Plan {
    return plan(collection, { filter: this.filter, sort: this.sort, hint: this.hint });
  }

  /**
   * What it selects, in the wanted order.
   *
   * @param limit as many as will be taken, 0 for all: lets a sort hold no more
   * @param space where a sort puts what does not fit into memory; refused (292) without
   */
  *find(
    view: View,
    collection: Collection,
    options: {
      limit?: number;
      whole?: boolean;
      stats?: ScanStats;
      details?: MatchDetails;
      space?: SpillSpace | undefined;
    } = {},
  ): Generator<Found | Pause, void> {
    const chosen = this.plan(collection);
    const { limit = 0, whole = false, stats, details, space } = options;
    const needsSort = this.#sorter !== undefined && !(chosen.sorted && keepsOrder(view, collection));
    const found = scan({
      view,
      collection,
      plan: chosen,
      filter: this.filter,
      matches: this.matches,
      sorter: this.#sorter,
      whole: whole || needsSort,
      limit: needsSort ? undefined : limit || undefined,
      stats,
      details,
    });
    if (needsSort && this.#sorter !== undefined) yield* sorted(found, this.#sorter, limit, space);
    else yield* found;
  }
}

type Sortable = { readonly found: Found; readonly key: Value[] };

/** What all sorts hold together, those of open cursors included. */
let heldBytes = 0;

const ROW_ID_BYTES = 8;

/** Sorts in memory as far as it may, then on disk. With a limit about twice as many are held at a time. */
function* sorted(
  input: Iterable<Found | Pause>,
  sorter: Sorter,
  limit: number,
  space: SpillSpace | undefined,
): Generator<Found | Pause, void> {
  let bytes = 0;
  const items = sortItems<Sortable>(withKeys(input, sorter), {
    compare: (a, b) => sorter.compare(a.key, b.key),
    encodeKey: ({ key }) => sorter.encodeKey(key),
    encode({ found }) {
      const record = Buffer.allocUnsafe(ROW_ID_BYTES + found.bytes.length);
      record.writeDoubleLE(found.rid);
      record.set(found.bytes, ROW_ID_BYTES);
      return record;
    },
    decode(record) {
      const rid = Buffer.from(record.buffer, record.byteOffset).readDoubleLE();
      return { found: { rid, bytes: record.subarray(ROW_ID_BYTES), doc: undefined }, key: [] };
    },
    limit: limit > 0 ? limit : Number.POSITIVE_INFINITY,
    hold(more) {
      bytes += more;
      heldBytes += more;
      const isSmall = space !== undefined && bytes < RUN_BYTES_MIN && heldBytes <= 2 * ALL_SORTS_BYTES_MAX;
      return isSmall || (bytes <= SORT_BYTES_MAX && heldBytes <= ALL_SORTS_BYTES_MAX);
    },
    countBytes: ({ found }) => found.bytes.length,
    space,
    exceeded: () =>
      new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Sort exceeded memory limit of ${SORT_BYTES_MAX} bytes (all together ${ALL_SORTS_BYTES_MAX}); ` +
          'an index in the order of the sort avoids it',
      ),
  });
  for (const item of items) yield item === PAUSE ? PAUSE : item.found;
}

function* withKeys(input: Iterable<Found | Pause>, sorter: Sorter): Generator<Sortable | Pause, void> {
  for (const item of input) {
    if (item === PAUSE) {
      yield PAUSE;
      continue;
    }
    const key = sorter.buildKey(item.doc ?? decodeDocument(item.bytes));
    yield { found: { ...item, doc: undefined }, key };
  }
}

/** The variables of a command: NOW and its `let`. */
export function variablesOfCommand(definitions: Doc | undefined): ExpressionVariables {
  const vars = commandVariables();
  return definitions === undefined ? vars : letVariables(definitions, vars);
}
