import { PAUSE, type Pause } from '../aggregate/pause.ts';
import type { SpilledRun, SpillFile, SpillSpace } from './spill-space.ts';

/** Runs that are merged at once; more are first merged into one. */
const RUNS_MAX = 64;
/** Records between two points at which others may run. */
const PAUSE_EVERY = 256;

/** A record by the bytes of its key, which compare as its order, and of its value. */
export type Keyed = { readonly key: Uint8Array; readonly value: Uint8Array };

/**
 * Sorted runs on disk, merged when they are read: what does not fit into memory at once. Records with equal keys come
 * in the order in which their runs were added. To be closed.
 */
export class SpilledRuns {
  readonly #file: SpillFile;
  #runs: SpilledRun[] = [];

  constructor(space: SpillSpace) {
    this.#file = space.open();
  }

  /** Adds a run, which must be in order. */
  add(records: Iterable<Keyed>): void {
    if (this.#runs.length >= RUNS_MAX) this.#runs = [this.#write(this.#merge())];
    this.#runs.push(this.#write(records));
  }

  /** All records in order. */
  *merged(): Generator<Keyed | Pause, void> {
    let count = 0;
    for (const record of this.#merge()) {
      yield record;
      if (++count % PAUSE_EVERY === 0) yield PAUSE;
    }
  }

  close(): void {
    this.#file.close();
  }

  #write(records: Iterable<Keyed>): SpilledRun {
    const start = this.#file.end;
    for (const { key, value } of records) this.#file.append(key, value);
    return { start, end: this.#file.end };
  }

  *#merge(): Generator<Keyed, void> {
    const heads: { readonly rest: Iterator<Buffer[], void>; key: Buffer; value: Buffer }[] = [];
    for (const run of this.#runs) {
      const rest = this.#file.read(run, 2);
      const first = rest.next();
      if (first.done !== true) heads.push({ rest, key: first.value[0]!, value: first.value[1]! });
    }
    while (heads.length > 0) {
      let least = 0;
      for (let at = 1; at < heads.length; at++) {
        if (Buffer.compare(heads[at]!.key, heads[least]!.key) < 0) least = at;
      }
      const head = heads[least]!;
      yield { key: head.key, value: head.value };
      const next = head.rest.next();
      if (next.done === true) heads.splice(least, 1);
      else [head.key, head.value] = [next.value[0]!, next.value[1]!];
    }
  }
}

export type SortOptions<T> = {
  /** Compares two items; `encodeKey` of them must compare alike. */
  readonly compare: (a: T, b: T) => number;
  readonly encodeKey: (item: T) => Uint8Array;
  readonly encode: (item: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
  /** As many as will be taken. */
  readonly limit: number;
  /** Accounts for bytes in memory: false where they are too many. */
  readonly hold: (more: number) => boolean;
  readonly countBytes: (item: T) => number;
  /** Undefined: nothing goes to disk. */
  readonly space: SpillSpace | undefined;
  /** What is thrown where memory is at its end and nothing may go to disk. */
  readonly exceeded: () => Error;
};

/**
 * Sorts any number of items, stable: in memory while they fit, with a limit no more than about twice that many, and on
 * disk beyond.
 */
export function* sortItems<T>(
  input: Iterable<T | Pause>,
  options: SortOptions<T>,
): Generator<T | Pause, void> {
  const { compare, limit, hold, countBytes, space } = options;
  let held: T[] = [];
  let bytes = 0;
  let runs: SpilledRuns | undefined;
  const spill = (into: SpilledRuns): void => {
    held.sort(compare);
    into.add(keyed(limit < held.length ? held.slice(0, limit) : held, options));
    hold(-bytes);
    bytes = 0;
    held = [];
  };
  try {
    for (const item of input) {
      if (item === PAUSE) {
        yield PAUSE;
        continue;
      }
      held.push(item as T);
      let more = countBytes(item as T);
      if (held.length >= 2 * limit + 64) {
        held = held.sort(compare).slice(0, limit);
        more = held.reduce((sum, one) => sum + countBytes(one), -bytes);
      }
      bytes += more;
      if (hold(more)) continue;
      if (space === undefined) throw options.exceeded();
      runs ??= new SpilledRuns(space);
      spill(runs);
    }
    if (runs === undefined) {
      held.sort(compare);
      yield* limit < held.length ? held.slice(0, limit) : held;
      return;
    }
    spill(runs);
    let left = limit;
    for (const record of runs.merged()) {
      if (record === PAUSE) yield PAUSE;
      else if (left-- > 0) yield options.decode(record.value);
      else return;
    }
  } finally {
    hold(-bytes);
    runs?.close();
  }
}

function* keyed<T>(items: readonly T[], { encodeKey, encode }: SortOptions<T>): Generator<Keyed> {
  for (const item of items) yield { key: encodeKey(item), value: encode(item) };
}
