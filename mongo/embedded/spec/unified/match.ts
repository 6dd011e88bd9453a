import { Binary, type Document, EJSON, Long } from 'bson';

/** What the special operators ask of the test's entities. */
export interface MatchContext {
  /** The value saved or found under this name. */
  entity(name: string): unknown;
  /** The logical session id of this session entity. */
  sessionId(name: string): unknown;
}

/** Says where and how an actual value differs from the expected one. */
export class Mismatch extends Error {
  override name = 'Mismatch';
}

/**
 * Holds an actual value against an expected one by the unified format's rules: numbers by value, documents
 * without regard to key order, further keys allowed at the root (and in the documents of a root array) only.
 * @throws {Mismatch}
 */
export function match(context: MatchContext, actual: unknown, expected: unknown, path = '', depth = 0): void {
  const operator = findSpecialOperator(expected);
  if (operator !== undefined) {
    matchSpecial(context, actual, operator, path, depth);
  } else if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) throw differ(path, actual, expected);
    if (actual.length !== expected.length) {
      throw new Mismatch(`${path || 'value'} has ${actual.length} elements instead of ${expected.length}`);
    }
    for (const [i, element] of expected.entries()) {
      match(context, actual[i], element, `${path}[${i}]`, depth === 0 ? 0 : depth + 1);
    }
  } else if (isDocument(expected)) {
    matchDocument(context, actual, expected, path, depth);
  } else if (!equalScalars(actual, expected)) {
    throw differ(path, actual, expected);
  }
}

function matchDocument(
  context: MatchContext,
  actual: unknown,
  expected: Document,
  path: string,
  depth: number,
): void {
  const document = actual instanceof Map ? Object.fromEntries(actual) : actual;
  if (!isDocument(document)) throw differ(path, actual, expected);
  for (const [key, value] of Object.entries(expected)) {
    const at = path === '' ? key : `${path}.${key}`;
    const present = document[key] !== undefined;
    const [name, operand] = findSpecialOperator(value) ?? [];
    if (name === '$$exists') {
      if (present !== operand) throw new Mismatch(`${at} ${present ? 'is there' : 'is missing'}`);
    } else if (!present && name !== '$$unsetOrMatches') {
      throw new Mismatch(`${at} is missing`);
    } else {
      match(context, document[key], value, at, depth + 1);
    }
  }
  if (depth === 0) return;
  const extra = Object.keys(document).filter((key) => document[key] !== undefined && !(key in expected));
  if (extra.length > 0) throw new Mismatch(`${path || 'value'} has more keys: ${extra.join(', ')}`);
}

function matchSpecial(
  context: MatchContext,
  actual: unknown,
  [name, operand]: [string, unknown],
  path: string,
  depth: number,
): void {
  switch (name) {
    case '$$unsetOrMatches':
      if (actual !== undefined) match(context, actual, operand, path, depth);
      return;
    case '$$exists':
      if ((actual !== undefined) !== operand) throw new Mismatch(`${path} is ${String(actual)}`);
      return;
    case '$$type': {
      const types = Array.isArray(operand) ? operand : [operand];
      if (!types.some((type) => isOfType(actual, String(type)))) {
        throw new Mismatch(`${path} is no ${types.join(' or ')}: ${show(actual)}`);
      }
      return;
    }
    case '$$matchesEntity':
      match(context, actual, context.entity(String(operand)), path, depth);
      return;
    case '$$sessionLsid':
      match(context, actual, context.sessionId(String(operand)), path, depth);
      return;
    case '$$matchesHexBytes': {
      const bytes = actual instanceof Binary ? actual.buffer : actual;
      const hex = bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : undefined;
      if (hex !== String(operand).toLowerCase()) throw differ(path, hex, operand);
      return;
    }
    case '$$lte':
      if (!(toNumber(actual) <= toNumber(operand))) throw new Mismatch(`${path} is ${show(actual)}`);
      return;
    case '$$matchAsRoot':
      match(context, actual, operand, path, 0);
      return;
    case '$$matchAsDocument':
      match(context, EJSON.parse(String(actual)), operand, path, depth);
      return;
    default:
      throw new Mismatch(`the runner does not know the operator ${name}`);
  }
}

function findSpecialOperator(value: unknown): [string, unknown] | undefined {
  if (!isDocument(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  return entry?.[0].startsWith('$$') && others.length === 0 ? entry : undefined;
}

/** A plain document, not one of BSON's value classes. */
export function isDocument(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return false;
  return !('_bsontype' in value) && !(value instanceof Date) && !(value instanceof RegExp);
}

function equalScalars(actual: unknown, expected: unknown): boolean {
  if (actual === expected) return true;
  if (isNumeric(actual) && isNumeric(expected)) return toNumber(actual) === toNumber(expected);
  if (actual === undefined || expected === undefined || actual === null || expected === null) return false;
  if (typeof actual !== 'object' || typeof expected !== 'object') return false;
  return (
    EJSON.stringify({ actual }, { relaxed: false }).slice(9) ===
    EJSON.stringify({ expected }, { relaxed: false }).slice(11)
  );
}

const readBsonType = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '_bsontype' in value ? value._bsontype : undefined;

const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  ['Int32', 'Long', 'Double'].includes(String(readBsonType(value)));

const toNumber = (value: unknown): number => (value instanceof Long ? value.toNumber() : Number(value));

function isOfType(value: unknown, type: string): boolean {
  const bsonType = readBsonType(value);
  switch (type) {
    case 'double':
      return typeof value === 'number' || bsonType === 'Double';
    case 'int':
      return bsonType === 'Int32' || (Number.isInteger(value) && Math.abs(Number(value)) <= 2 ** 31);
    case 'long':
      return bsonType === 'Long' || typeof value === 'bigint' || Number.isSafeInteger(value);
    case 'number':
      return isNumeric(value) || bsonType === 'Decimal128';
    case 'object':
      return isDocument(value);
    case 'array':
      return Array.isArray(value);
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'date':
      return value instanceof Date;
    case 'regex':
      return value instanceof RegExp || bsonType === 'BSONRegExp';
    case 'binData':
      return bsonType === 'Binary' || value instanceof Uint8Array;
    case 'objectId':
      return bsonType === 'ObjectId';
    case 'decimal':
      return bsonType === 'Decimal128';
    case 'timestamp':
      return bsonType === 'Timestamp';
    case 'minKey':
      return bsonType === 'MinKey';
    case 'maxKey':
      return bsonType === 'MaxKey';
    default:
      throw new Mismatch(`the runner does not know the type ${type}`);
  }
}

const differ = (path: string, actual: unknown, expected: unknown): Mismatch =>
  new Mismatch(`${path || 'value'} is ${show(actual)} instead of ${show(expected)}`);

function show(value: unknown): string {
  const text = value === undefined ? 'missing' : EJSON.stringify({ value }).slice(9, -1);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
