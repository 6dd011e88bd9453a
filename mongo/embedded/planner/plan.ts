import { equalValues } from '../bson/compare.ts';
import { type Doc, isDoc, isNumeric, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { FULL_RANGE, type PartRange } from '../keys/ranges.ts';
import { conjuncts, type FilterNode } from '../query/ast.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Index, KeyPart } from '../storage/index-spec.ts';
import type { Direction } from '../storage/reader.ts';
import { combine, type PartBounds, partBounds } from './bounds.ts';
import { implies } from './implies.ts';

/** How the documents for a filter are found. What the plan does not decide, the filter checks again. */
export type Plan =
  | { kind: 'collection'; direction: Direction; sorted: boolean }
  | IndexPlan
  /** Several index plans, one for each branch of an $or; a document is returned once. */
  | {
      kind: 'union';
      plans: readonly IndexPlan[];
      /** With a wanted order: each plan has it, and what they find is merged. */
      sorted: boolean;
    };

export type IndexPlan = {
  kind: 'index';
  /** undefined: the _id index. */
  index: Index | undefined;
  ranges: readonly PartRange[];
  direction: Direction;
  /** Whether the ranges are exactly what the filter requests. */
  decided: boolean;
  /** Whether documents come in the wanted order. */
  sorted: boolean;
  /** Whether each range has that order, and they are merged: the wanted order is that of documents which differ in a part before. */
  merged: boolean;
  /** Whether the index can return a document more than once. */
  repeats: boolean;
  /** How many of the index's parts have bounds, and how many of these are single values. */
  used: number;
  points: number;
};

export type PlanInput = {
  filter: FilterNode;
  sort?: Doc | undefined;
  /** An index's name or key pattern, or `{ $natural: ±1 }`. */
  hint?: Value | undefined;
};

const ID_PART: KeyPart = { name: '_id', path: ['_id'], direction: 1 };

type Candidate = {
  index: Index | undefined;
  parts: readonly KeyPart[];
  unique: boolean;
  multikey: boolean;
};

const ID: Candidate = { index: undefined, parts: [ID_PART], unique: true, multikey: false };

/** Chooses how to read. Deterministic: the same filter, sort and indexes lead to the same plan. */
export function plan(collection: Collection, input: PlanInput): Plan {
  const sort = input.sort === undefined || input.sort.size === 0 ? undefined : sortEntries(input.sort);
  const natural = naturalDirection(input);
  if (natural !== undefined)
    return { kind: 'collection', direction: natural, sorted: input.hint === undefined || sort === undefined };
  const given = conjuncts(input.filter);
  if (input.hint !== undefined) {
    const candidate = hinted(collection, input.hint);
    return indexPlan(candidate, given, sort) ?? fullScan(candidate, sort);
  }
  const best = findIndexPlan(collection, given, sort);
  const isSorted = best !== undefined && best.plan.used > 0 && best.plan.sorted && sort !== undefined;
  if (!isSorted && !best?.isOneKey) {
    const ordered = sort == null ? undefined : planBranches(collection, given, best, sort);
    if (ordered !== undefined && areMergeable(ordered))
      return { kind: 'union', plans: ordered, sorted: true };
    const plans = planBranches(collection, given, best, undefined);
    if (plans !== undefined) return { kind: 'union', plans, sorted: sort === undefined };
  }
  return best?.plan ?? { kind: 'collection', direction: 1, sorted: sort === undefined };
}

/** Plans that have the wanted order each: one for each range of a merged one. */
export function splitRanges(plan: IndexPlan): readonly IndexPlan[] {
  return plan.merged ? plan.ranges.map((range) => ({ ...plan, ranges: [range], merged: false })) : [plan];
}

function areMergeable(plans: readonly IndexPlan[]): boolean {
  return plans.every(({ sorted }) => sorted) && plans.flatMap(splitRanges).length <= MERGED_MAX;
}

type Scored = { readonly plan: IndexPlan; readonly score: number; readonly isOneKey: boolean };

function findIndexPlan(
  collection: Collection,
  given: readonly FilterNode[],
  sort: SortEntry[] | null | undefined,
): Scored | undefined {
  let best: Scored | undefined;
  const candidates = [ID, ...collection.indexes.filter((index) => isUsable(index, given)).map(toCandidate)];
  for (const candidate of candidates) {
    const found = indexPlan(candidate, given, sort);
    if (found === undefined) continue;
    const isOneKey = found.points === candidate.parts.length && candidate.unique;
    const score = computeScore(found, candidate, isOneKey);
    if (best === undefined || score > best.score) best = { plan: found, score, isOneKey };
  }
  return best;
}

/** What can be seen of a plan by its ranges: equalities count most, then ranges, then a wanted order. */
function computeScore(found: IndexPlan, candidate: Candidate, isOneKey: boolean): number {
  return (
    found.used * 100 +
    found.points * 40 +
    (isOneKey ? 60 : 0) +
    (found.sorted ? 30 : 0) +
    (found.decided ? 20 : 0) -
    candidate.parts.length
  );
}

type SortEntry = { readonly name: string; readonly direction: Direction };

function sortEntries(sort: Doc): SortEntry[] | null {
  const entries: SortEntry[] = [];
  for (const [name, value] of sort) {
    if (!isNumeric(value)) return null; // $meta: refused where the sort is compiled
    entries.push({ name, direction: toDirection(value) });
  }
  return entries;
}

function toDirection(value: Value): Direction {
  const number = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return Number(number) < 0 ? -1 : 1;
}

function naturalDirection(input: PlanInput): Direction | undefined {
  const natural = (isDoc(input.hint) ? input.hint.get('$natural') : undefined) ?? input.sort?.get('$natural');
  return natural === undefined ? undefined : toDirection(natural);
}

function toCandidate(index: Index): Candidate {
  return { index, parts: index.parts, unique: index.unique, multikey: index.multikey };
}

function hinted(collection: Collection, hint: Value): Candidate {
  const matches = (name: string, pattern: Doc): boolean =>
    typeof hint === 'string' ? hint === name : isDoc(hint) && equalValues(hint, pattern);
  const index = collection.indexes.find((other) => other.ready && matches(other.name, other.pattern));
  if (index !== undefined) return toCandidate(index);
  if (matches('_id_', new Map([['_id', 1]]))) return ID;
  throw new CommandError(
    'BadValue',
    `error processing query: ns=${collection.ns} planner returned error :: caused by :: ` +
      'hint provided does not correspond to an existing index',
  );
}

/** Whether the index holds every document that the conditions can match. */
function isUsable(index: Index, given: readonly FilterNode[]): boolean {
  if (index.hidden || !index.ready) return false;
  if (index.partial !== undefined && !implies(given, index.partial.node)) return false;
  if (!index.sparse) return true;
  return index.parts.some((part) => implies(given, { op: 'exists', path: part.path }));
}

function indexPlan(
  candidate: Candidate,
  given: readonly FilterNode[],
  sort: SortEntry[] | null | undefined,
): IndexPlan | undefined {
  const bounds = computeBounds(candidate, given);
  const inOrder = sort == null ? undefined : sortDirection(candidate, bounds, sort, 1);
  const { ranges, used } = bounds.length === 0 ? { ranges: [FULL_RANGE], used: 0 } : combine(bounds);
  const hasFewRanges =
    sort != null && inOrder === undefined && used === bounds.length && ranges.length <= MERGED_MAX;
  const inMerge = hasFewRanges ? sortDirection(candidate, bounds, sort, MERGED_MAX) : undefined;
  const sorted = sort === undefined ? 1 : (inOrder ?? inMerge);
  if (bounds.length === 0 && (sort === undefined || sorted === undefined)) return undefined;
  const narrows =
    candidate.index?.sparse === true || candidate.index?.partial !== undefined || bounds.some(isNarrow);
  if (!narrows && (sort === undefined || sorted === undefined)) return undefined;
  const decides = new Set(bounds.slice(0, used).flatMap((bound) => bound.decides));
  return {
    kind: 'index',
    index: candidate.index,
    ranges: sorted === -1 ? ranges.toReversed() : ranges,
    direction: sorted ?? 1,
    decided: given.every((node) => decides.has(node)) && (!candidate.multikey || given.length === 1),
    sorted: sorted !== undefined,
    merged: inMerge !== undefined,
    repeats: candidate.multikey,
    used,
    points: bounds.slice(0, used).filter((bound) => bound.points).length,
  };
}

function fullScan(candidate: Candidate, sort: SortEntry[] | null | undefined): IndexPlan {
  return {
    kind: 'index',
    index: candidate.index,
    ranges: [FULL_RANGE],
    direction: 1,
    decided: false,
    sorted: sort === undefined,
    merged: false,
    repeats: candidate.multikey,
    used: 0,
    points: 0,
  };
}

/** Whether bounds leave anything out: $exists alone does not. */
function isNarrow(bound: PartBounds): boolean {
  return bound.ranges.length !== 1 || bound.ranges[0] !== FULL_RANGE;
}

function computeBounds(candidate: Candidate, given: readonly FilterNode[]): PartBounds[] {
  const bounds: PartBounds[] = [];
  const roots = new Set<string>();
  for (const part of candidate.parts) {
    // Two conditions under one array may be met by two of its elements, which share no key.
    if (candidate.multikey && roots.has(part.path[0]!)) break;
    const found = partBounds(given, part, candidate.multikey);
    if (found === undefined) break;
    roots.add(part.path[0]!);
    bounds.push(found);
  }
  return bounds;
}

/** Scans that are merged at most: each holds a batch of rows. */
const MERGED_MAX = 32;

/**
 * The direction in which the index has the wanted order, or undefined when it does not.
 *
 * @param valuesMax how many single values a part may have that is not among the order: of more than one, each has the order
 */
function sortDirection(
  candidate: Candidate,
  bounds: readonly PartBounds[],
  sort: readonly SortEntry[],
  valuesMax: number,
): Direction | undefined {
  if (candidate.multikey) return undefined;
  const constant = new Set<string>();
  for (const [at, bound] of bounds.entries()) {
    if (bound.points && bound.ranges.length <= valuesMax) constant.add(candidate.parts[at]!.name);
  }
  const wanted = sort.filter((entry) => !constant.has(entry.name));
  let direction: Direction | undefined;
  let next = 0;
  for (const part of candidate.parts) {
    const entry = wanted[next];
    if (entry === undefined) break;
    if (entry.name === part.name) {
      const needed: Direction = entry.direction === part.direction ? 1 : -1;
      if (direction !== undefined && direction !== needed) return undefined;
      direction = needed;
      next++;
    } else if (!constant.has(part.name)) return undefined;
  }
  return next === wanted.length ? (direction ?? 1) : undefined;
}

/**
 * One index scan for each branch of an $or together with the conditions beside it, when every branch has one that
 * narrows more than the best index without the branches.
 */
function planBranches(
  collection: Collection,
  given: readonly FilterNode[],
  best: Scored | undefined,
  sort: SortEntry[] | undefined,
): readonly IndexPlan[] | undefined {
  for (const node of given) {
    if (node.op !== 'or') continue;
    const beside = given.filter((other) => other !== node);
    const plans = node.children.flatMap((child) => {
      const found = findIndexPlan(collection, [...conjuncts(child), ...beside], sort);
      return found !== undefined && isNarrower(found.plan, best?.plan) ? [found.plan] : [];
    });
    if (plans.length === node.children.length) return plans;
  }
  return undefined;
}

/** By the fields of an index that have bounds: those that are fixed count twice. */
function isNarrower(one: IndexPlan, other: IndexPlan | undefined): boolean {
  return one.used + one.points > (other === undefined ? 0 : other.used + other.points);
}
