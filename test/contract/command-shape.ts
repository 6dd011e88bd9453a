/** A command as the driver sends it. */
export type DriverCommand = Readonly<Record<string, unknown>>;

/** Commands of the driver and of the tests' own upkeep; the domain sends the others. */
const upkeep = new Set([
  'hello',
  'ismaster',
  'isMaster',
  'ping',
  'endSessions',
  'getMore',
  'killCursors',
  'dropDatabase',
  'drop',
  'buildInfo',
  'listCollections',
  'saslStart',
  'saslContinue',
  'configureFailPoint',
  'abortTransaction',
  'commitTransaction',
]);

/** Fields of a command that the driver adds, and those that change no answer. */
const envelope = new Set([
  'lsid',
  'writeConcern',
  'readConcern',
  '$db',
  '$clusterTime',
  '$readPreference',
  'txnNumber',
  'comment',
  'maxTimeMS',
]);

/** Update operators whose meaning does not depend on which fields they name, but on how deep these are. */
const byDepth = new Set(['$set', '$setOnInsert', '$unset', '$inc', '$min', '$max']);

/** What stands for anything that data decides: a scalar of any type, null, a list of any length, a document. */
const value = 'value';

/** Collections that a test makes for itself. */
const ofOneTest = /_[0-9a-f]{8}$|^things(?:-|$)/;

/** One command that stands for all of its shape. */
export interface ShapedCommand {
  /**
   * A function of the code that sends the command: equal whatever its values are (null, an empty list or many elements
   * included), and for any number of equal operands. A key: the text means nothing.
   */
  readonly shape: string;
  readonly command: DriverCommand;
}

/** The shapes of a command; of a batch one for each form of its elements, whatever they were sent with. */
export function describeCommand(command: DriverCommand): readonly ShapedCommand[] {
  const [name = '', collection] = Object.entries(command)[0] ?? [];
  if (upkeep.has(name) || typeof collection !== 'string' || ofOneTest.test(collection)) return [];
  const shaped = splitBatch(command).map((single) => ({ shape: describeSingle(single), command: single }));
  return [...new Map(shaped.map((one) => [one.shape, one] as const)).values()];
}

function splitBatch(command: DriverCommand): readonly DriverCommand[] {
  const field = command.update === undefined ? 'deletes' : 'updates';
  const batch = command[field];
  return Array.isArray(batch)
    ? batch.map((element: unknown) => ({ ...command, [field]: [element] }))
    : [command];
}

function describeSingle(command: DriverCommand): string {
  const fields = Object.entries(command).filter(([field]) => !envelope.has(field));
  return JSON.stringify(
    Object.fromEntries(
      fields.map(([field, given], at) => [field, at === 0 ? given : describeField(field, given)]),
    ),
  );
}

function describeField(field: string, given: unknown): unknown {
  switch (field) {
    case 'documents':
      return value;
    case 'cursor':
      return {};
    case 'filter':
    case 'query':
      return describeFilter(given);
    case 'pipeline':
      return describeStages(given);
    case 'update':
      return describeUpdate(given);
    case 'updates':
    case 'deletes':
      return toList(given).map((element) => mapFields(element, describeWrite));
    default:
      return describeLiteral(given);
  }
}

/** One field of an element of `updates` or `deletes`. */
function describeWrite(field: string, given: unknown): unknown {
  if (field === 'q') return describeFilter(given);
  return field === 'u' ? describeUpdate(given) : value;
}

/** Operators of a filter whose operands are filters. */
const logical = new Set(['$and', '$or', '$nor']);

function describeFilter(filter: unknown): unknown {
  return mapFields(filter, (path, given) => {
    if (logical.has(path)) return distinct(toList(given).map(describeFilter));
    return path === '$expr' ? describeExpression(given) : describeCondition(given);
  });
}

/** The operators of a condition on one field; equality with whatever value is one. */
function describeCondition(condition: unknown): unknown {
  if (isRegex(condition)) return 'regex';
  const fields = listFields(condition);
  if (fields === undefined || fields[0]?.[0].startsWith('$') !== true) return value;
  return mapFields(condition, (operator, given) => {
    if (operator === '$not') return describeCondition(given);
    return operator === '$elemMatch' ? describeFilter(given) : value;
  });
}

/** Pipelines: the order of stages matters. */
function describeStages(stages: unknown): unknown {
  return toList(stages).map((stage) =>
    mapFields(stage, (name, given) => {
      if (name === '$match') return describeFilter(given);
      if (name === '$group') return describeGroup(given);
      return name === '$sort' ? describeLiteral(given) : describeExpression(given, name);
    }),
  );
}

/** A group by several fields at once: of the key the distinct forms, as callers choose which fields it has. */
function describeGroup(group: unknown): unknown {
  return mapFields(group, (name, given) => {
    const parts = name === '_id' ? listFields(given) : undefined;
    if (parts === undefined || parts[0]?.[0].startsWith('$') === true) return describeExpression(given, name);
    return distinct(parts.map(([part, expression]) => describeKeyPart(describeExpression(expression, part))));
  });
}

/** A part of a key that stands for a field that may be absent, whichever it is. */
function describeKeyPart(described: unknown): unknown {
  const [operator, operands] = listFields(described)?.[0] ?? [];
  return operator === '$ifNull' && Array.isArray(operands) && operands.includes(value)
    ? { $ifNull: ['$field', value] }
    : described;
}

/** Operands of an expression: they are code where the key is an operator, and data under the name of a field. */
function describeExpression(expression: unknown, key = ''): unknown {
  if (key === 'pipeline') return describeStages(expression);
  if (Array.isArray(expression)) {
    const operands = expression.map((operand: unknown) => describeExpression(operand));
    const isCode = key.startsWith('$') || key === 'branches';
    return isCode && operands.some((operand) => operand !== value) ? distinct(operands) : value;
  }
  if (typeof expression === 'string') return expression.startsWith('$') ? expression : value;
  if (listFields(expression) === undefined) return value;
  return mapFields(expression, (name, given) => describeExpression(given, name));
}

/** The operators of an update; of a document that replaces another none of its fields, as of one that is inserted. */
function describeUpdate(update: unknown): unknown {
  if (Array.isArray(update)) return describeStages(update);
  if (listFields(update)?.[0]?.[0].startsWith('$') !== true) return value;
  return mapFields(update, (operator, given) =>
    byDepth.has(operator)
      ? describeDepths((listFields(given) ?? []).map(([path]) => path))
      : mapFields(given, (_path, change) => describeCondition(change)),
  );
}

/** With its numbers and booleans, and the order of its fields: keys of indexes, sorts, projections. */
function describeLiteral(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(describeLiteral);
  const fields = listFields(given);
  if (fields === undefined) return value;
  return Object.fromEntries(fields.map(([name, literal]) => [name, toLiteral(literal)]));
}

function toLiteral(given: unknown): unknown {
  if (Array.isArray(given) || listFields(given) !== undefined) return describeLiteral(given);
  const { _bsontype: type } = Object(given) as { readonly _bsontype?: string };
  const isNumber = type === 'Int32' || type === 'Double' || type === 'Long';
  return isNumber || typeof given === 'number' || typeof given === 'boolean' ? Number(given) : value;
}

/** The forms of the paths: `x`, `x.x`, `x.#.x`. */
function describeDepths(paths: readonly string[]): readonly string[] {
  const forms = paths.map((path) =>
    path
      .split('.')
      .map((part) => (/^\d+$/.test(part) ? '#' : part.startsWith('$') ? part : 'x'))
      .join('.'),
  );
  return [...new Set(forms)].sort();
}

/** Operands without their number and order: the distinct ones. */
function distinct(shapes: readonly unknown[]): readonly unknown[] {
  const byText = new Map(shapes.map((shape) => [JSON.stringify(shape), shape] as const));
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, shape]) => shape);
}

/** The fields of a document by name, each described. What follows a dot in a name may be data (`labels.production`). */
function mapFields(document: unknown, describe: (name: string, given: unknown) => unknown): unknown {
  const fields = listFields(document) ?? [];
  return Object.fromEntries(
    fields.map(([name, given]) => [name.replace(/\..*$/, '.x'), describe(name, given)]),
  );
}

const toList = (given: unknown): readonly unknown[] => (Array.isArray(given) ? given : []);

const isRegex = (given: unknown): boolean =>
  given instanceof RegExp || (given as { readonly _bsontype?: string } | null)?._bsontype === 'BSONRegExp';

/** The fields of a document (the driver makes a Map of a sort); undefined for any other value. */
function listFields(given: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (given instanceof Map) return [...given] as [string, unknown][];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  // A document of mongoose inside an update: what the driver sends of it.
  if ('toBSON' in given && typeof given.toBSON === 'function') return listFields(given.toBSON() as unknown);
  const prototype = Object.getPrototypeOf(given) as unknown;
  return prototype === Object.prototype || prototype === null ? Object.entries(given) : undefined;
}
