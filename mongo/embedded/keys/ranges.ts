import { compareValues, RANK, toRank } from '../bson/compare.ts';
import { MAX_KEY, MIN_KEY, type Regex, type Value } from '../bson/values.ts';
import type { ComparisonOp } from '../query/ast.ts';
import { regexPrefix } from '../query/regex.ts';
import { encodeKeyPart, toTag } from './encode.ts';

/**
 * A run of key parts: `low` ≤ part < `high` by memcmp. In a compound index both are put behind the bytes of the
 * equal parts before; further parts follow and stay inside the run, because a part starts with 0x05 to 0xfa and
 * every bound was made with that in mind. Ranges hold every match and may hold more: the filter decides.
 */
export type PartRange = { low: Buffer; high: Buffer };

const START = Buffer.from([0x00]);
const END = Buffer.from([0xff]);

/** Every part there is. */
export const FULL_RANGE: PartRange = { low: START, high: END };

const after = (part: Buffer): Buffer => Buffer.concat([part, END]);

function equalRange(value: Value, direction: number): PartRange {
  const part = encodeKeyPart(value, direction);
  return { low: part, high: after(part) };
}

/** The parts with tags of two ranks or between. */
function tagRange(from: number, to: number, direction: number): PartRange {
  return direction > 0
    ? { low: Buffer.from([toTag(from)]), high: Buffer.from([toTag(to) + 1]) }
    : { low: Buffer.from([~toTag(to)]), high: Buffer.from([~toTag(from) + 1]) };
}

/** What equals null: null, a missing value, which counts as null, and undefined. Each has one key. */
function nullRanges(direction: number): PartRange[] {
  const ranges = [RANK.undefined, RANK.null].map((rank) => {
    const part = Buffer.from([direction > 0 ? toTag(rank) : ~toTag(rank)]);
    return { low: part, high: after(part) };
  });
  return direction > 0 ? ranges : ranges.reverse();
}

/** The values that are comparable with one of this rank: of its rank, without NaN. */
function bracket(rank: number, direction: number): PartRange {
  const range = tagRange(rank, rank, direction);
  if (rank !== RANK.number) return range;
  const tag = toTag(rank);
  return direction > 0
    ? { low: Buffer.from([tag, 0x01]), high: range.high }
    : { low: range.low, high: Buffer.from([~tag, 0xff]) };
}

const MIRRORED = { eq: 'eq', gt: 'lt', gte: 'lte', lt: 'gt', lte: 'gte' } as const;

/**
 * Where the values are that satisfy a comparison, ascending in key order and disjoint. Only for a path without
 * numeric components: one key does not show whether they are positions or names.
 */
export function comparisonRanges(op: ComparisonOp, value: Value, direction: number): PartRange[] {
  if (value === MIN_KEY || value === MAX_KEY) {
    return op === 'eq' ? [equalRange(value, direction)] : [FULL_RANGE];
  }
  if (value === null) {
    return op === 'gt' || op === 'lt' ? [] : nullRanges(direction);
  }
  if (Array.isArray(value)) return arrayRanges(op, value, direction);
  const rank = toRank(value);
  if (op === 'eq') return [equalRange(value, direction)];
  if (rank === RANK.number && compareValues(value, Number.NaN) === 0) {
    return op === 'gte' || op === 'lte' ? [equalRange(value, direction)] : [];
  }
  const part = encodeKeyPart(value, direction);
  const { low, high } = bracket(rank, direction);
  switch (direction > 0 ? op : MIRRORED[op]) {
    case 'gt':
      return [{ low: after(part), high }];
    case 'gte':
      return [{ low: part, high }];
    case 'lt':
      return [{ low, high: part }];
    default:
      return [{ low, high: after(part) }];
  }
}

/** An array's elements are its keys: an equal array is among the keys of its first element, or nested as a whole. */
function arrayRanges(op: ComparisonOp, value: Value[], direction: number): PartRange[] {
  if (op !== 'eq') return [FULL_RANGE];
  const [first] = value;
  const inner =
    first === undefined ? tagRange(RANK.undefined, RANK.undefined, direction) : equalRange(first, direction);
  return union([inner, equalRange(value, direction)]);
}

/** Values of `$in` and its regular expressions. */
export function inRanges(
  values: readonly Value[],
  regexes: readonly Regex[],
  direction: number,
): PartRange[] {
  return union([
    ...values.flatMap((value) => comparisonRanges('eq', value, direction)),
    ...regexes.flatMap((regex) => regexRanges(regex, direction)),
  ]);
}

/** Strings with the pattern's literal prefix (all strings without one), and the same pattern stored as a value. */
export function regexRanges(regex: Regex, direction: number): PartRange[] {
  const prefix = regexPrefix(regex);
  const text = Buffer.from(encodeKeyPart(prefix, direction).subarray(0, -2));
  // twice: in a descending part the text may continue with 0xff
  return union([{ low: text, high: after(after(text)) }, equalRange(regex, direction)]);
}

/** Ascending, overlapping ones joined. */
export function union(ranges: PartRange[]): PartRange[] {
  const sorted = ranges.toSorted((a, b) => Buffer.compare(a.low, b.low));
  const result: PartRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last === undefined || Buffer.compare(last.high, range.low) < 0) result.push({ ...range });
    else if (Buffer.compare(last.high, range.high) < 0) last.high = range.high;
  }
  return result;
}

/** Those in both. */
export function intersect(a: readonly PartRange[], b: readonly PartRange[]): PartRange[] {
  const result: PartRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const left = a[i]!;
    const right = b[j]!;
    const low = Buffer.compare(left.low, right.low) >= 0 ? left.low : right.low;
    const high = Buffer.compare(left.high, right.high) <= 0 ? left.high : right.high;
    if (Buffer.compare(low, high) < 0) result.push({ low, high });
    if (Buffer.compare(left.high, right.high) < 0) i++;
    else j++;
  }
  return result;
}
