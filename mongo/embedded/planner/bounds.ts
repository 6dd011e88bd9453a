import { indexOfPart, type Path } from '../bson/paths.ts';
import { isDoc, type Value } from '../bson/values.ts';
import {
  comparisonRanges,
  FULL_RANGE,
  inRanges,
  intersect,
  type PartRange,
  regexRanges,
} from '../keys/ranges.ts';
import { conjuncts, type FilterNode, type PathNode } from '../query/ast.ts';
import type { KeyPart } from '../storage/index-spec.ts';

/** What a filter states about one part of an index. */
export type PartBounds = {
  /** Ascending in key order and disjoint. */
  readonly ranges: readonly PartRange[];
  /** Whether each range is one value, so that the next part can narrow it further. */
  readonly points: boolean;
  /** The conditions that the ranges decide completely (on an index that is not multikey). */
  readonly decides: readonly FilterNode[];
  /** The conditions that the ranges came from. */
  readonly from: readonly FilterNode[];
};

/** Ranges for one compound scan beyond this are dropped: fewer parts narrow it then. */
const NOTHING = Buffer.alloc(0);
const COMBINATIONS_MAX = 20_000;

/**
 * The bounds that a filter's conjuncts put on one index part, or undefined for none.
 *
 * @param multikey on a multikey index two conditions may be met by two elements, so that only one of them bounds
 */
export function partBounds(
  conjuncts: readonly FilterNode[],
  part: KeyPart,
  multikey: boolean,
): PartBounds | undefined {
  // A number in a path may be a position or a name: one key does not show which.
  if (part.path.some((piece) => indexOfPart(piece) >= 0)) return undefined;
  let best: PartBounds | undefined;
  for (const node of conjuncts) {
    const bounds = boundsFrom(node, part);
    if (bounds === undefined) continue;
    if (best === undefined || (multikey && bounds.points && !best.points)) best = bounds;
    else if (!multikey) {
      best = {
        ranges: intersect(best.ranges, bounds.ranges),
        points: best.points || bounds.points,
        decides: [...best.decides, ...bounds.decides],
        from: [...best.from, ...bounds.from],
      };
    }
  }
  return best;
}

function boundsFrom(node: FilterNode, part: KeyPart): PartBounds | undefined {
  if (!('path' in node)) return undefined;
  if (isPath(node.path, part.path)) {
    if (node.op === 'elemMatchValue') return fromElement(node.child, [], node.path, part);
    return nodeBounds(node, part.direction);
  }
  return node.op === 'elemMatchObject' ? fromElement(node.child, node.path, node.path, part) : undefined;
}

/** What an $elemMatch states of an element bounds the element's key; whether one element states all, the filter decides. */
function fromElement(child: FilterNode, prefix: Path, path: Path, part: KeyPart): PartBounds | undefined {
  for (const inner of conjuncts(child)) {
    if (!('path' in inner)) continue;
    const full = inner.path.length === 0 ? path : [...prefix, ...inner.path];
    if (!isPath(full, part.path)) continue;
    const bounds = nodeBounds(inner, part.direction);
    if (bounds !== undefined) return { ...bounds, decides: [] };
  }
  return undefined;
}

function isPath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((piece, at) => piece === b[at]);
}

function nodeBounds(node: PathNode, direction: 1 | -1): PartBounds | undefined {
  const from = [node];
  switch (node.op) {
    case 'eq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const ranges = comparisonRanges(node.op, node.value, direction);
      const points = node.op === 'eq' && isPoint(node.value);
      return { ranges, points, decides: isPlain(node.value) ? from : [], from };
    }
    case 'in': {
      const plain = node.regexes.length === 0 && node.values.every(isPlain);
      const points = node.regexes.length === 0 && node.values.every(isPoint);
      const ranges = inRanges(node.values, node.regexes, direction);
      return { ranges, points, decides: plain ? from : [], from };
    }
    case 'regex':
      return { ranges: regexRanges(node.regex, direction), points: false, decides: [], from };
    case 'exists':
      return { ranges: [FULL_RANGE], points: false, decides: [], from };
    default:
      return undefined;
  }
}

/** Values with a key that contains all of them: not null (also missing), arrays (their elements), or the ends of the order. */
function isPlain(value: Value): boolean {
  if (value === null || typeof value === 'symbol' || Array.isArray(value)) return false;
  return !isDoc(value);
}

/** Values whose ranges are single keys, which the next part of an index can narrow. */
function isPoint(value: Value): boolean {
  return value === null || isPlain(value);
}

/**
 * The ranges of a whole key: the bounds of its first parts put behind one another, as far as they narrow.
 * `used` states how many parts took part.
 */
export function combine(parts: readonly PartBounds[]): { ranges: PartRange[]; used: number } {
  let prefixes: Uint8Array[] = [new Uint8Array(0)];
  for (const [at, part] of parts.entries()) {
    // A first part may have any number of ranges (a long $in); products of several are limited.
    if (at > 0 && prefixes.length * part.ranges.length > COMBINATIONS_MAX) return closed(prefixes, at);
    if (!part.points) return { ranges: product(prefixes, part.ranges), used: at + 1 };
    prefixes = product(prefixes, part.ranges).map(({ low }) => low);
  }
  return closed(prefixes, parts.length);
}

/** Keys that begin with a prefix, or are it. */
function closed(prefixes: readonly Uint8Array[], used: number): { ranges: PartRange[]; used: number } {
  return { ranges: product(prefixes, [{ low: NOTHING, high: FULL_RANGE.high }]), used };
}

function product(prefixes: readonly Uint8Array[], ranges: readonly PartRange[]): PartRange[] {
  return prefixes.flatMap((prefix) =>
    ranges.map(({ low, high }) => ({
      low: Buffer.concat([prefix, low]),
      high: Buffer.concat([prefix, high]),
    })),
  );
}
