import { equalValues } from '../../bson/compare.ts';
import { type Doc, int32, isDoc, isNumeric, type Value } from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';
import { parseFilter } from '../../query/parse.ts';
import { toPlainNumber } from '../fields.ts';
import { checkCollation } from '../options.ts';

export const KEY_PARTS_MAX = 32;
const KNOWN = new Set([
  'v',
  'key',
  'name',
  'unique',
  'sparse',
  'background',
  'partialFilterExpression',
  'expireAfterSeconds',
  'hidden',
  'collation',
  'ns',
  'prepareUnique',
]);
const FOREIGN = new Set([
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  'bucketSize',
  'wildcardProjection',
  'storageEngine',
  'clustered',
  'dropDups',
]);
const SECONDS_MAX = 2147483647;

/** Checks an index specification and writes it in the one form in which it is kept and listed. */
export function checkSpec(spec: Doc): Doc {
  const key = spec.get('key');
  if (!isDoc(key))
    throw new CommandError(
      'FailedToParse',
      "The 'key' field is a required property of an index specification",
    );
  checkKey(key);
  const name = spec.get('name');
  if (typeof name !== 'string' || name === '') {
    throw new CommandError(
      'FailedToParse',
      "The 'name' field is a required property of an index specification",
    );
  }
  for (const field of spec.keys()) {
    if (KNOWN.has(field)) continue;
    if (FOREIGN.has(field)) throw unsupported(`an index with ${field}`, 'CannotCreateIndex');
    throw new CommandError(
      'InvalidIndexSpecificationOption',
      `The field '${field}' is not valid for an index specification. Specification: ${name}`,
    );
  }
  checkCollation(spec.get('collation'));
  const checked = new Map<string, Value>([
    ['v', int32(2)],
    ['key', key],
    ['name', name],
  ]);
  for (const option of ['unique', 'sparse', 'hidden'] as const) {
    if (truthy(option, spec.get(option))) checked.set(option, true);
  }
  if (truthy('background', spec.get('background'))) checked.set('background', true);
  const partial = spec.get('partialFilterExpression');
  if (partial !== undefined) {
    if (!isDoc(partial)) throw new CommandError('TypeMismatch', 'partialFilterExpression must be an object');
    if (checked.has('sparse')) {
      throw new CommandError(
        'CannotCreateIndex',
        'cannot mix "partialFilterExpression" and "sparse" options',
      );
    }
    checkPartial(partial);
    checked.set('partialFilterExpression', partial);
  }
  const expire = spec.get('expireAfterSeconds');
  if (expire !== undefined) checked.set('expireAfterSeconds', checkExpiry(expire, key));
  if (isIdKey(key)) checkIdSpec(checked);
  return checked;
}

function checkKey(key: Doc): void {
  if (key.size === 0) throw new CommandError('CannotCreateIndex', 'Index keys cannot be an empty object');
  if (key.size > KEY_PARTS_MAX) throw new CommandError(13103, 'too many compound keys');
  for (const [path, value] of key) {
    if (typeof value === 'string') throw unsupported(`an index of type ${value}`, 'CannotCreateIndex');
    if (!isNumeric(value) || toPlainNumber(value) === 0 || Number.isNaN(toPlainNumber(value))) {
      throw new CommandError(
        'CannotCreateIndex',
        `Values in the index key pattern must be numbers above or below 0: ${path}`,
      );
    }
    if (path === '' || path.startsWith('.') || path.endsWith('.') || path.includes('..')) {
      throw new CommandError('CannotCreateIndex', 'Index keys cannot contain an empty field');
    }
    if (path.split('.').some((part) => part.startsWith('$') && !['$ref', '$id', '$db'].includes(part))) {
      if (path.includes('$**')) throw unsupported('a wildcard index', 'CannotCreateIndex');
      throw new CommandError(
        'CannotCreateIndex',
        `Index key contains an illegal field name: field name starts with '$'.`,
      );
    }
  }
}

const PARTIAL_OPERATORS = new Set([
  '$eq',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$exists',
  '$type',
  '$in',
  '$and',
  '$or',
]);

/** A partial index's filter may only contain what can be decided for each document by itself and implied by a query. */
function checkPartial(filter: Doc): void {
  parseFilter(filter);
  for (const [name, value] of filter) {
    if (name === '$and' || name === '$or') {
      if (Array.isArray(value)) for (const child of value) if (isDoc(child)) checkPartial(child);
      continue;
    }
    if (!isDoc(value)) continue;
    for (const [operator, operand] of value) {
      if (!operator.startsWith('$')) break;
      const refused = !PARTIAL_OPERATORS.has(operator) || (operator === '$exists' && operand === false);
      if (refused) {
        throw new CommandError(
          'CannotCreateIndex',
          `Expression not supported in partial index: ${name} ${operator}`,
        );
      }
    }
  }
}

function checkExpiry(expire: Value, key: Doc): Value {
  if (!isNumeric(expire)) {
    throw new CommandError('TypeMismatch', "BSON field 'expireAfterSeconds' must be a number");
  }
  const seconds = Math.trunc(toPlainNumber(expire));
  if (!(seconds >= 0 && seconds <= SECONDS_MAX)) {
    throw new CommandError(
      'CannotCreateIndex',
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different number. Specified value: ${seconds}`,
    );
  }
  if (key.size !== 1) {
    throw new CommandError(
      'CannotCreateIndex',
      'TTL indexes are single-field indexes, compound indexes do not support TTL.',
    );
  }
  if (isIdKey(key))
    throw new CommandError(
      'CannotCreateIndex',
      "The field 'expireAfterSeconds' is not valid for an _id index specification.",
    );
  return int32(seconds);
}

function isIdKey(key: Doc): boolean {
  return key.size === 1 && isNumeric(key.get('_id')) && toPlainNumber(key.get('_id')!) === 1;
}

function checkIdSpec(spec: Doc): void {
  for (const option of ['unique', 'sparse', 'partialFilterExpression', 'hidden']) {
    if (spec.has(option)) {
      throw new CommandError(
        'InvalidIndexSpecificationOption',
        `The field '${option}' is not valid for an _id index specification.`,
      );
    }
  }
  spec.set('name', '_id_');
}

function truthy(name: string, value: Value | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  if (isNumeric(value)) return toPlainNumber(value) !== 0;
  throw new CommandError(
    'TypeMismatch',
    `The field '${name}' has value of wrong type, which is not convertible to bool.`,
  );
}

const COMPARED = ['unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'] as const;

/** Whether two specifications are one index. The same name or keys with other options is a conflict, and thrown. */
export function sameIndex(existing: Doc, wanted: Doc): boolean {
  const sameKey = samePattern(existing.get('key'), wanted.get('key'));
  const sameName = existing.get('name') === wanted.get('name');
  if (!sameKey && !sameName) return false;
  const name = String(wanted.get('name'));
  if (!sameKey) {
    throw new CommandError(
      'IndexKeySpecsConflict',
      `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${name}, existing index: ${String(existing.get('name'))}`,
    );
  }
  const partialDiffers = !equalValues(
    existing.get('partialFilterExpression'),
    wanted.get('partialFilterExpression'),
  );
  if (!sameName && partialDiffers) return false;
  const differs = COMPARED.some((option) => !equalValues(existing.get(option), wanted.get(option)));
  if (differs) {
    if (sameName) {
      throw new CommandError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${name}, existing index: ${name}`,
      );
    }
    throw new CommandError(
      'IndexOptionsConflict',
      `An equivalent index already exists with a different name and options. Requested index: ${name}`,
    );
  }
  if (!sameName && !samePattern(wanted.get('key'), new Map([['_id', int32(1)]]))) {
    throw new CommandError(
      'IndexOptionsConflict',
      `Index already exists with a different name: ${String(existing.get('name'))}`,
    );
  }
  return true;
}

function samePattern(a: Value | undefined, b: Value | undefined): boolean {
  return isDoc(a) && isDoc(b) && equalValues(a, b);
}
