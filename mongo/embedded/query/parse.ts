import { compareNumbers } from '../bson/compare.ts';
import { type Path, splitPath } from '../bson/paths.ts';
import { type Doc, isDoc, isNumeric, Regex, UNDEFINED, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import type { ComparisonOp, FilterNode } from './ast.ts';
import { parseMod, parseSize, parseTypes } from './operands.ts';
import { parseRegex } from './regex.ts';

const bad = (message: string) => new CommandError('BadValue', message);

/** As the server: a filter or pipeline nests at most this deep. */
export const DEPTH_MAX = 100;

/** The operators of filters that MongoDB has and this store has not. */
export const REFUSED_OPERATORS: ReadonlySet<string> = new Set([
  '$where',
  '$text',
  '$near',
  '$nearSphere',
  '$geoNear',
  '$geoWithin',
  '$geoIntersects',
  '$within',
  '$jsonSchema',
  '$sampleRate',
  '$alwaysTrue',
  '$alwaysFalse',
  '$uniqueDocs',
  '$maxDistance',
  '$minDistance',
  '$geometry',
  '$box',
  '$center',
  '$centerSphere',
  '$polygon',
  '$bitsAllSet',
  '$bitsAllClear',
  '$bitsAnySet',
  '$bitsAnyClear',
]);

/** Every operator of filters that the store has. */
export const FILTER_OPERATORS: readonly string[] = (
  '$and $or $nor $not $expr $comment $eq $ne $gt $gte $lt $lte $in $nin $exists $type $regex ' +
  '$options $mod $size $all $elemMatch'
).split(' ');

/**
 * Parses a filter into its tree, checking every operand. Throws the server's BadValue (2) and its kin for a filter
 * that the server refuses, CommandNotSupported for what only MongoDB has.
 */
export function parseFilter(filter: Doc): FilterNode {
  return simplify(parseClauses(filter, 0));
}

function simplify(children: FilterNode[]): FilterNode {
  return children.length === 1 ? children[0]! : { op: 'and', children };
}

function parseClauses(filter: Doc, depth: number): FilterNode[] {
  if (depth > DEPTH_MAX) throw bad(`exceeded maximum query tree depth of ${DEPTH_MAX} at $nor`);
  const nodes: FilterNode[] = [];
  for (const [name, value] of filter) {
    if (!name.startsWith('$')) nodes.push(...parseField(splitPath(name), value, depth));
    else if (name === '$and' || name === '$or' || name === '$nor')
      nodes.push(parseLogical(name, value, depth));
    else if (name === '$expr') nodes.push({ op: 'expr', expression: value });
    else if (name === '$ref' || name === '$id' || name === '$db') {
      nodes.push(...parseField([name], value, depth));
    } else if (name !== '$comment') {
      if (REFUSED_OPERATORS.has(name)) throw unsupported(name);
      throw bad(
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
    }
  }
  return nodes;
}

function parseLogical(name: '$and' | '$or' | '$nor', value: Value, depth: number): FilterNode {
  if (!Array.isArray(value)) throw bad(`${name} must be an array`);
  if (value.length === 0) throw bad('$and/$or/$nor must be a nonempty array');
  const children = value.map((entry) => {
    if (!isDoc(entry)) throw bad('$or/$and/$nor entries need to be full objects');
    return simplify(parseClauses(entry, depth + 1));
  });
  return { op: name.slice(1) as 'and' | 'or' | 'nor', children };
}

function isOperatorDoc(value: Value): value is Doc {
  if (!isDoc(value)) return false;
  const first = value.keys().next();
  return !first.done && first.value.startsWith('$') && !['$ref', '$id', '$db'].includes(first.value);
}

/** `path: value`: an equality, a regular expression, or operators. */
function parseField(path: Path, value: Value, depth: number): FilterNode[] {
  if (value instanceof Regex) return [{ op: 'regex', path, regex: checked(value) }];
  if (!isOperatorDoc(value)) return [comparison('eq', path, value)];
  const nodes: FilterNode[] = [];
  for (const [operator, operand] of value) {
    if (operator === '$options') {
      if (!value.has('$regex')) throw bad('$options needs a $regex');
    } else if (operator === '$regex')
      nodes.push({ op: 'regex', path, regex: parseRegex(operand, value.get('$options')) });
    else nodes.push(parseOperator(path, operator, operand, depth));
  }
  return nodes;
}

function checked(regex: Regex): Regex {
  return parseRegex(regex, undefined);
}

function comparison(op: ComparisonOp, path: Path, value: Value): FilterNode {
  if (value === UNDEFINED) throw bad('cannot compare to undefined');
  return { op, path, value };
}

function parseOperator(path: Path, operator: string, operand: Value, depth: number): FilterNode {
  switch (operator) {
    case '$eq':
      return comparison('eq', path, operand);
    case '$ne':
      if (operand instanceof Regex) throw bad("Can't have regex as arg to $ne.");
      return { op: 'not', child: comparison('eq', path, operand) };
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      if (operand instanceof Regex) {
        throw bad(`Can't have RegEx as arg to predicate over field '${path.join('.')}'.`);
      }
      return comparison(operator.slice(1) as ComparisonOp, path, operand);
    case '$in':
      return parseIn('$in', path, operand);
    case '$nin':
      return { op: 'not', child: parseIn('$nin', path, operand) };
    case '$exists':
      return isTrue(operand) ? { op: 'exists', path } : { op: 'not', child: { op: 'exists', path } };
    case '$type':
      return { op: 'type', path, types: parseTypes(operand) };
    case '$mod':
      return { op: 'mod', path, ...parseMod(operand) };
    case '$size':
      return { op: 'size', path, size: parseSize(operand) };
    case '$all':
      return parseAll(path, operand, depth);
    case '$elemMatch':
      return parseElemMatch(path, operand, depth);
    case '$not':
      return parseNot(path, operand, depth);
    case '$comment':
      return { op: 'always', result: true };
    default:
      if (REFUSED_OPERATORS.has(operator)) throw unsupported(operator);
      throw bad(`unknown operator: ${operator}`);
  }
}

/** What counts as true for `$exists`, as the server's BSONElement::trueValue. */
function isTrue(value: Value): boolean {
  if (value === null || value === false || value === UNDEFINED) return false;
  return !isNumeric(value) || compareNumbers(value, 0) !== 0;
}

function parseIn(name: string, path: Path, operand: Value): FilterNode {
  if (!Array.isArray(operand)) throw bad(`${name} needs an array`);
  const values: Value[] = [];
  const regexes: Regex[] = [];
  for (const item of operand) {
    if (isOperatorDoc(item)) throw bad(`cannot nest $ under ${name}`);
    if (item === UNDEFINED) throw bad('InMatchExpression equality cannot be undefined');
    if (item instanceof Regex) regexes.push(checked(item));
    else values.push(item);
  }
  return { op: 'in', path, values, regexes };
}

function parseAll(path: Path, operand: Value, depth: number): FilterNode {
  if (!Array.isArray(operand)) throw bad('$all needs an array');
  if (operand.length === 0) return { op: 'always', result: false };
  const first = operand[0]!;
  const elements = isOperatorDoc(first) && first.keys().next().value === '$elemMatch';
  const children = operand.map((item): FilterNode => {
    if (elements) {
      const inner = isDoc(item) ? item.get('$elemMatch') : undefined;
      if (inner === undefined) throw bad('$all/$elemMatch has to be consistent');
      return parseElemMatch(path, inner, depth);
    }
    if (isOperatorDoc(item)) throw bad('no $ expressions in $all');
    return item instanceof Regex ? { op: 'regex', path, regex: checked(item) } : comparison('eq', path, item);
  });
  return simplify(children);
}

const LOGICAL = new Set(['$and', '$or', '$nor', '$expr', '$comment', '$where', '$jsonSchema']);

function parseElemMatch(path: Path, operand: Value, depth: number): FilterNode {
  if (!isDoc(operand)) throw bad('$elemMatch needs an Object');
  if (depth > DEPTH_MAX) throw bad(`exceeded maximum query tree depth of ${DEPTH_MAX}`);
  const first = operand.keys().next().value;
  if (isOperatorDoc(operand) && first !== undefined && !LOGICAL.has(first)) {
    return { op: 'elemMatchValue', path, child: simplify(parseField([], operand, depth + 1)) };
  }
  if (operand.has('$expr')) throw bad('$expr can only be applied to the top-level document');
  return { op: 'elemMatchObject', path, child: simplify(parseClauses(operand, depth + 1)) };
}

function parseNot(path: Path, operand: Value, depth: number): FilterNode {
  if (operand instanceof Regex) return { op: 'not', child: { op: 'regex', path, regex: checked(operand) } };
  if (!isDoc(operand)) throw bad('$not needs a regex or a document');
  if (operand.size === 0) throw bad('$not cannot be empty');
  if (depth > DEPTH_MAX) throw bad(`exceeded maximum query tree depth of ${DEPTH_MAX}`);
  for (const name of operand.keys()) if (!name.startsWith('$')) throw bad(`unknown operator: ${name}`);
  return { op: 'not', child: simplify(parseField(path, operand, depth + 1)) };
}
