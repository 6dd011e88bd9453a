import { compareValues } from '../bson/compare.ts';
import { approximateBytes } from '../bson/size.ts';
import { int32, type Value } from '../bson/values.ts';
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
}

class Average extends Sum {
  override result(): Value {
    return this.total.average();
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
}

class First implements Accumulator {
  value: Value | undefined;
  filled = false;
  add(value: Value | undefined): number {
    if (this.filled) return 0;
    this.filled = true;
    this.value = value;
    return approximateBytes(value);
  }
  result(): Value {
    return this.value ?? null;
  }
}

class Last implements Accumulator {
  value: Value | undefined;
  add(value: Value | undefined): number {
    this.value = value;
    return 0;
  }
  result(): Value {
    return this.value ?? null;
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
}

class AddToSet implements Accumulator {
  readonly values = new Map<unknown, Value>();
  add(value: Value | undefined): number {
    if (value === undefined) return 0;
    const key = keyOf(value);
    if (this.values.has(key)) return 0;
    this.values.set(key, value);
    return 64 + approximateBytes(value);
  }
  result(): Value {
    return [...this.values.values()];
  }
}

class Count implements Accumulator {
  count = 0;
  add(): number {
    this.count++;
    return 0;
  }
  result(): Value {
    return this.count < 2 ** 31 ? int32(this.count) : BigInt(this.count);
  }
}

/** A key under which equal values, and only they, meet in a Map. */
export function keyOf(value: Value): string | number | bigint | boolean | null {
  const key = scalarKey(value);
  return key === undefined ? `\0k${encodeKeyPart(value, 1).toString('latin1')}` : key;
}

/** Every accumulator of $group that the store has. */
export const ACCUMULATORS: ReadonlyMap<string, () => Accumulator> = new Map<string, () => Accumulator>([
  ['$sum', () => new Sum()],
  ['$avg', () => new Average()],
  ['$min', () => new Extreme(-1)],
  ['$max', () => new Extreme(1)],
  ['$first', () => new First()],
  ['$last', () => new Last()],
  ['$push', () => new Push()],
  ['$addToSet', () => new AddToSet()],
  ['$count', () => new Count()],
]);

/** Throws 15952 for a name that no server knows, CommandNotSupported for one that MongoDB has. */
export function accumulatorOf(name: string): () => Accumulator {
  const make = ACCUMULATORS.get(name);
  if (make !== undefined) return make;
  if (SERVER_ACCUMULATORS.has(name)) throw unsupported(`the accumulator ${name}`);
  throw new CommandError(15952, `unknown group operator '${name}'`);
}
