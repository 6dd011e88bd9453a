import { compareValues } from '../bson/compare.ts';
import { approximateBytes } from '../bson/size.ts';
import type { Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import { encodeKeyPart } from '../keys/encode.ts';
import { scalarKey } from '../query/value-set.ts';
import { isNullish } from './operators/operands.ts';
import { SERVER_ACCUMULATORS } from './server-names.ts';
import { isSummable, Summation } from './summation.ts';

/** What one group keeps for one field of $group. `add` returns by how many bytes it grew. */
export type Accumulator = {
  add(value: Value | undefined): number;
  result(): Value;
  /** What it keeps, as a value; `merge` of it into another is as if that had been given the same values. */
  partial(): Value;
  merge(partial: Value): number;
};

class Sum implements Accumulator {
  readonly total = new Summation();
  add(value: Value | undefined): number {
    if (isSummable(value)) this.total.add(value);
    return 0;
  }
  result(): Value {
    return this.total.sum();
  }
  partial(): Value {
    return this.total.partial();
  }
  merge(partial: Value): number {
    this.total.merge(partial);
    return 0;
  }
}

class Extreme implements Accumulator {
  readonly wanted: 1 | -1;
  value: Value = null;
  constructor(wanted: 1 | -1) {
    this.wanted = wanted;
  }
  add(value: Value | undefined): number {
    if (isNullish(value)) return 0;
    if (this.value === null || compareValues(value, this.value) === this.wanted) this.value = value;
    return 0;
  }
  result(): Value {
    return this.value;
  }
  partial(): Value {
    return this.value;
  }
  merge(partial: Value): number {
    return this.add(partial);
  }
}

class Push implements Accumulator {
  readonly values: Value[] = [];
  add(value: Value | undefined): number {
    if (value === undefined) return 0;
    this.values.push(value);
    return 8 + approximateBytes(value);
  }
  result(): Value {
    return this.values;
  }
  partial(): Value {
    return this.values;
  }
  merge(partial: Value): number {
    let bytes = 0;
    for (const value of partial as Value[]) bytes += this.add(value);
    return bytes;
  }
}

/** A key under which equal values, and only they, meet in a Map. */
export function toGroupKey(value: Value): string | number | bigint | boolean | null {
  const key = scalarKey(value);
  return key === undefined ? `\0k${encodeKeyPart(value, 1).toString('latin1')}` : key;
}

/** Every accumulator of $group that the store has. */
export const ACCUMULATORS: ReadonlyMap<string, () => Accumulator> = new Map<string, () => Accumulator>([
  ['$sum', () => new Sum()],
  ['$min', () => new Extreme(-1)],
  ['$max', () => new Extreme(1)],
  ['$push', () => new Push()],
]);

/** Throws 15952 for a name that no server knows, CommandNotSupported for one that MongoDB has. */
export function findAccumulator(name: string): () => Accumulator {
  const make = ACCUMULATORS.get(name);
  if (make !== undefined) return make;
  if (SERVER_ACCUMULATORS.has(name)) throw unsupported(`the accumulator ${name}`);
  throw new CommandError(15952, `unknown group operator '${name}'`);
}
