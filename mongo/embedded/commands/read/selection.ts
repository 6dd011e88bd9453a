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
import type { Collection } from '../../storage/catalog.ts';
import type { View } from '../../transactions/writes.ts';
import { checkCollation } from '../options.ts';

/** Documents that a sort may hold, as the server's limit. */
export const SORT_BYTES_MAX = 100 * 1024 * 1024;
export const ALL_SORTS_BYTES_MAX = 256 * 1024 * 1024;

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
   */
  *find(
    view: View,
    collection: Collection,
    options: { limit?: number; whole?: boolean; stats?: ScanStats; details?: MatchDetails } = {},
  ): Generator<Found | Pause, void> {
    const chosen = this.plan(collection);
    const { limit = 0, whole = false, stats, details } = options;
    const needsSort = this.#sorter !== undefined && !(chosen.sorted && keepsOrder(view, collection));
    const found = scan({
      view,
      collection,
      plan: chosen,
      filter: this.filter,
      matches: this.matches,
      whole: whole || needsSort,
      limit: needsSort ? undefined : limit || undefined,
      stats,
      details,
    });
    if (needsSort && this.#sorter !== undefined) yield* sorted(found, this.#sorter, limit);
    else yield* found;
  }
}

type Sortable = { found: Found; key: Value[] };

/** What all sorts hold together, those of open cursors included. */
let heldBytes = 0;

/** Sorts in memory. With a limit about twice as many are held at a time. */
function* sorted(
  input: Iterable<Found | Pause>,
  sorter: Sorter,
  limit: number,
): Generator<Found | Pause, void> {
  let held: Sortable[] = [];
  let bytes = 0;
  const hold = (more: number): void => {
    bytes += more;
    heldBytes += more;
    if (bytes <= SORT_BYTES_MAX && heldBytes <= ALL_SORTS_BYTES_MAX) return;
    throw new CommandError(
      'QueryExceededMemoryLimitNoDiskUseAllowed',
      `Sort exceeded memory limit of ${SORT_BYTES_MAX} bytes (all together ${ALL_SORTS_BYTES_MAX}); ` +
        'an index in the order of the sort avoids it',
    );
  };
  const order = (a: Sortable, b: Sortable): number => sorter.compare(a.key, b.key);
  try {
    for (const item of input) {
      if (item === PAUSE) {
        yield PAUSE;
        continue;
      }
      const key = sorter.buildKey(item.doc ?? decodeDocument(item.bytes));
      held.push({ found: { ...item, doc: undefined }, key });
      if (limit > 0 && held.length >= 2 * limit + 64) {
        held = held.sort(order).slice(0, limit);
        hold(held.reduce((sum, { found }) => sum + found.bytes.length, -bytes));
      } else hold(item.bytes.length);
    }
    held.sort(order);
    for (const { found } of limit > 0 ? held.slice(0, limit) : held) yield found;
  } finally {
    heldBytes -= bytes;
  }
}

/** The variables of a command: NOW and its `let`. */
export function variablesOfCommand(definitions: Doc | undefined): ExpressionVariables {
  const vars = commandVariables();
  return definitions === undefined ? vars : letVariables(definitions, vars);
}
