import { compareValues, equalValues, toRank } from '../bson/compare.ts';
import { isDoc, toTypeByte, type Value } from '../bson/values.ts';
import { conjuncts, type FilterNode } from '../query/ast.ts';

/**
 * Whether every document that fulfils all the conjuncts certainly fulfils `wanted` (a partial index's filter).
 * Knows conditions on the same path; «false» where it cannot decide.
 */
export function implies(given: readonly FilterNode[], wanted: FilterNode): boolean {
  return conjuncts(wanted).every((want) => given.some((have) => one(have, want)) || byBranch(given, want));
}

/** A wanted `or` is fulfilled by any of its branches. */
function byBranch(given: readonly FilterNode[], want: FilterNode): boolean {
  return want.op === 'or' && want.children.some((child) => implies(given, child));
}

function one(have: FilterNode, want: FilterNode): boolean {
  if (!('path' in have) || !('path' in want)) return false;
  if (have.path.join('.') !== want.path.join('.')) return false;
  if (have.op === 'in' && have.regexes.length === 0) {
    return have.values.length > 0 && have.values.every((value) => byValue({ op: 'eq', value }, want));
  }
  if (have.op === 'eq' || have.op === 'gt' || have.op === 'gte' || have.op === 'lt' || have.op === 'lte') {
    return byValue(have, want);
  }
  if (have.op === 'exists') return want.op === 'exists';
  return want.op === 'exists' && (have.op === 'type' || have.op === 'regex');
}

type Comparison = { op: 'eq' | 'gt' | 'gte' | 'lt' | 'lte'; value: Value };

function byValue(have: Comparison, want: FilterNode): boolean {
  const { value } = have;
  // null also finds what is missing; arrays compare by their elements.
  if (value === null || Array.isArray(value) || typeof value === 'symbol') return false;
  switch (want.op) {
    case 'exists':
      return true;
    case 'type':
      return have.op === 'eq' && !isDoc(value) && want.types.has(toTypeByte(value));
    case 'in':
      return have.op === 'eq' && want.values.some((other) => equalValues(value, other));
    case 'eq':
      return have.op === 'eq' && equalValues(value, want.value);
    case 'gt':
    case 'gte':
      return atLeast(have, want.value, want.op === 'gt') && have.op !== 'lt' && have.op !== 'lte';
    case 'lt':
    case 'lte':
      return atMost(have, want.value, want.op === 'lt') && have.op !== 'gt' && have.op !== 'gte';
    default:
      return false;
  }
}

function atLeast(have: Comparison, bound: Value, strict: boolean): boolean {
  if (toRank(have.value) !== toRank(bound) || Number.isNaN(have.value)) return false;
  const order = compareValues(have.value, bound);
  return order > 0 || (order === 0 && (!strict || have.op === 'gt'));
}

function atMost(have: Comparison, bound: Value, strict: boolean): boolean {
  if (toRank(have.value) !== toRank(bound) || Number.isNaN(have.value)) return false;
  const order = compareValues(have.value, bound);
  return order < 0 || (order === 0 && (!strict || have.op === 'lt'));
}
