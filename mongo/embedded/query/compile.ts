import { compileExpression, type ExpressionVariables, isTruthy } from '../aggregate/expression.ts';
import { compareStrings, compareValues, RANK, toRank } from '../bson/compare.ts';
import { type Path, walkPath } from '../bson/paths.ts';
import {
  BsonSymbol,
  type Doc,
  isDoc,
  MAX_KEY,
  MIN_KEY,
  Regex,
  toTypeByte,
  type Value,
} from '../bson/values.ts';
import type { ComparisonOp, FilterNode } from './ast.ts';
import { toLong } from './operands.ts';
import { compileRegex } from './regex.ts';
import { valueSet } from './value-set.ts';

/** Filled in by a match: the array position that the positional operator `$` stands for, -1 when there is none. */
export type MatchDetails = { position: number };

/** Decides whether a document matches; with `details` also states where in an array. */
export type Matcher = (doc: Doc, details?: MatchDetails) => boolean;

/** A test of one value that a path reached; undefined is missing. */
type Test = (value: Value | undefined) => boolean;

/** Compiles a parsed filter. `vars` are the variables that `$expr` may name (a command's `let`, a $lookup's). */
export function compileFilter(node: FilterNode, options: { vars?: ExpressionVariables } = {}): Matcher {
  switch (node.op) {
    case 'and':
      return all(node.children.map((child) => compileFilter(child, options)));
    case 'or':
      return any(node.children.map((child) => compileFilter(child, options)));
    case 'nor': {
      const matches = any(node.children.map((child) => compileFilter(child, options)));
      return (doc) => !matches(doc);
    }
    case 'not': {
      const matches = compileFilter(node.child, options);
      return (doc) => !matches(doc);
    }
    case 'always': {
      const { result } = node;
      return () => result;
    }
    case 'expr': {
      const evaluate = compileExpression(node.expression, options.vars);
      return (doc) => isTruthy(evaluate(doc));
    }
    default:
      return atPath(node.path, compileTest(node, options), expands(node));
  }
}

function all(matchers: Matcher[]): Matcher {
  const [first, second] = matchers;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (matchers.length === 2) return (doc, details) => first(doc, details) && second(doc, details);
  return (doc, details) => {
    for (const matches of matchers) if (!matches(doc, details)) return false;
    return true;
  };
}

function any(matchers: Matcher[]): Matcher {
  return (doc, details) => {
    for (const matches of matchers) if (matches(doc, details)) return true;
    return false;
  };
}

type LeafNode = Exclude<FilterNode, { op: 'and' | 'or' | 'nor' | 'not' | 'always' | 'expr' }>;

/** Whether the elements of an array at the path's end are tested as well as the array. */
function expands(node: LeafNode): boolean {
  return !['exists', 'size', 'elemMatchObject', 'elemMatchValue'].includes(node.op);
}

function atPath(path: Path, test: Test | ElementTest, expandLeaf: boolean): Matcher {
  if (path.length === 1 && expandLeaf) return atField(path[0]!, test as Test);
  return (doc, details) =>
    walkPath(doc, path, expandLeaf, (value, index) => {
      const found = test(value);
      if (found === false || found === -1) return false;
      const position = index >= 0 || found === true ? index : found;
      if (details !== undefined && position >= 0) details.position = position;
      return true;
    });
}

/** The common case without a walk. */
function atField(field: string, test: Test): Matcher {
  return (doc, details) => {
    const value = doc.get(field);
    if (!Array.isArray(value)) return test(value);
    for (let index = 0; index < value.length; index++) {
      if (!test(value[index])) continue;
      if (details !== undefined) details.position = index;
      return true;
    }
    return test(value);
  };
}

/** Finds the position of a matching element, or -1. */
type ElementTest = (value: Value | undefined) => number;

function compileTest(node: LeafNode, options: { vars?: ExpressionVariables }): Test | ElementTest {
  switch (node.op) {
    case 'eq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return comparisonTest(node.op, node.value);
    case 'in':
      return inTest(node.values, node.regexes);
    case 'exists':
      return (value) => value !== undefined;
    case 'type': {
      const { types } = node;
      return (value) => value !== undefined && types.has(toTypeByte(value));
    }
    case 'regex':
      return regexTest(node.regex);
    case 'mod': {
      const { divisor, remainder } = node;
      return (value) => {
        const long = toLong(value);
        return long !== undefined && long % divisor === remainder;
      };
    }
    case 'size': {
      const { size } = node;
      return (value) => Array.isArray(value) && value.length === size;
    }
    case 'elemMatchObject': {
      const matches = compileFilter(node.child, options);
      return elementTest((item) =>
        isDoc(item) ? matches(item) : Array.isArray(item) && matches(asDoc(item)),
      );
    }
    case 'elemMatchValue':
      return elementTest(compileElement(node.child, options));
  }
}

function elementTest(test: Test): ElementTest {
  return (value) => (Array.isArray(value) ? value.findIndex(test) : -1);
}

function asDoc(items: Value[]): Doc {
  return new Map(items.map((item, index) => [String(index), item]));
}

/** A filter without paths, on an element of an array. */
function compileElement(node: FilterNode, options: { vars?: ExpressionVariables }): Test {
  switch (node.op) {
    case 'and':
    case 'or':
    case 'nor': {
      const tests = node.children.map((child) => compileElement(child, options));
      if (node.op === 'and') return (value) => tests.every((test) => test(value));
      if (node.op === 'or') return (value) => tests.some((test) => test(value));
      return (value) => !tests.some((test) => test(value));
    }
    case 'not': {
      const test = compileElement(node.child, options);
      return (value) => !test(value);
    }
    case 'always':
      return () => node.result;
    case 'expr':
      return () => false; // the parser refuses it here
    default: {
      const test = compileTest(node, options);
      return (value) => {
        const found = test(value);
        return found !== false && found !== -1;
      };
    }
  }
}

function comparisonTest(op: ComparisonOp, operand: Value): Test {
  if (operand === MIN_KEY || operand === MAX_KEY) return extremeTest(op, operand);
  if (operand === null) {
    return op === 'gt' || op === 'lt'
      ? () => false
      : (value) => value === null || toRank(value) === RANK.undefined;
  }
  if (op === 'eq' && (typeof operand === 'string' || typeof operand === 'boolean'))
    return scalarTest(operand);
  const rank = toRank(operand);
  const ofNaN = rank === RANK.number && compareValues(operand, Number.NaN) === 0;
  const sameBracket = (value: Value | undefined): boolean =>
    toRank(value) === rank &&
    // NaN only ever matches NaN
    (rank !== RANK.number || ofNaN || compareValues(value, Number.NaN) !== 0);
  switch (op) {
    case 'eq':
      return (value) => toRank(value) === rank && compareValues(value, operand) === 0;
    case 'gt':
      return ofNaN ? () => false : (value) => sameBracket(value) && compareValues(value, operand) > 0;
    case 'lt':
      return ofNaN ? () => false : (value) => sameBracket(value) && compareValues(value, operand) < 0;
    case 'gte':
      return ofNaN
        ? (value) => compareValues(value, operand) === 0
        : (value) => sameBracket(value) && compareValues(value, operand) >= 0;
    case 'lte':
      return ofNaN
        ? (value) => compareValues(value, operand) === 0
        : (value) => sameBracket(value) && compareValues(value, operand) <= 0;
  }
}

function scalarTest(operand: string | boolean): Test {
  return (value) => value === operand || (value instanceof BsonSymbol && value.value === operand);
}

/** MinKey and MaxKey compare with every type. */
function extremeTest(op: ComparisonOp, operand: Value): Test {
  const isMin = operand === MIN_KEY;
  switch (op) {
    case 'eq':
      return (value) => value === operand;
    case 'gt':
      return (value) => isMin && value !== operand;
    case 'lt':
      return (value) => !isMin && value !== operand;
    case 'gte':
      return (value) => value === operand || isMin;
    case 'lte':
      return (value) => value === operand || !isMin;
  }
}

function inTest(values: Value[], regexes: Regex[]): Test {
  const set = valueSet(values);
  const nullish = values.includes(null);
  const tests = regexes.map(regexTest);
  return (value) => {
    if (value === undefined) return nullish;
    if (set.has(value) || (nullish && toRank(value) === RANK.undefined)) return true;
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}

function regexTest(regex: Regex): Test {
  const compiled = compileRegex(regex);
  return (value) => {
    if (typeof value === 'string') return compiled.test(value);
    if (value instanceof BsonSymbol) return compiled.test(value.value);
    return (
      value instanceof Regex &&
      compareStrings(value.pattern, regex.pattern) === 0 &&
      value.options === regex.options
    );
  };
}
