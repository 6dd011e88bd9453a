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
  '$db',
  '$clusterTime',
  '$readPreference',
  'txnNumber',
  'comment',
  'maxTimeMS',
]);

/** Update operators whose meaning does not depend on which fields they name, but on how deep these are. */
const byDepth = new Set(['$set', '$setOnInsert', '$unset', '$inc', '$min', '$max']);

/** Collections that a test makes for itself. */
const ofOneTest = /_[0-9a-f]{8}$|^things(?:-|$)/;

/** One command that stands for all of its shape. */
export interface ShapedCommand {
  /** Equal for commands that differ in values and in the number of equal elements only. A key: the text means nothing. */
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
      fields.map(([field, value], at) => [field, at === 0 ? value : describeField(field, value)]),
    ),
  );
}

function describeField(field: string, value: unknown): unknown {
  if (field === 'documents') return '*';
  if (field === 'cursor') return {};
  if (field === 'indexes' || field === 'projection' || field === 'sort' || field === 'hint') {
    return describeLiteral(value);
  }
  return describeValue(value, field);
}

/** With its numbers and booleans, and the order of its fields: keys of indexes, sorts, projections. */
function describeLiteral(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(describeLiteral);
  const fields = fieldsOf(value);
  if (fields !== undefined) {
    return Object.fromEntries(fields.map(([key, given]) => [key, describeLiteral(given)]));
  }
  const type = describeType(value);
  return type === 'number' || type === 'boolean' ? Number(value) : type;
}

function describeValue(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    // The order of stages matters; lists of operands differ in what they hold.
    const shapes = value.map((element) => describeValue(element));
    if (key === 'pipeline') return shapes;
    // How many ids there are to look for, and whether there are any, is up to the data.
    if (shapes.length === 0 && (key === '$in' || key === '$nin')) return ['string'];
    const distinct = new Map(shapes.map((shape) => [JSON.stringify(shape), shape] as const));
    return [...distinct].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, shape]) => shape);
  }
  const fields = fieldsOf(value);
  if (fields === undefined) return describeType(value);
  if (byDepth.has(key)) return describeDepths(fields.map(([path]) => path));
  if (key === '$sort') return describeLiteral(value);
  return Object.fromEntries(
    fields.map(([name, given]) => [name.replace(/\.\d+/g, '.#'), describeValue(given, name)]),
  );
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

/** The same for a value of JavaScript and for the class of BSON that it becomes. */
const typeNames: Readonly<Record<string, string>> = {
  Int32: 'number',
  Double: 'number',
  Long: 'bigint',
  BSONRegExp: 'regex',
};

function describeType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return value.startsWith('$') ? value : 'string';
  if (value instanceof Date) return 'date';
  if (value instanceof RegExp) return 'regex';
  if (typeof value !== 'object') return typeof value;
  const { _bsontype: type = 'Binary' } = value as { readonly _bsontype?: string };
  return typeNames[type] ?? type.toLowerCase();
}

/** The fields of a document (the driver makes a Map of a sort); undefined for any other value. */
function fieldsOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (value instanceof Map) return [...value] as [string, unknown][];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  // A document of mongoose inside an update: what the driver sends of it.
  if ('toBSON' in value && typeof value.toBSON === 'function') return fieldsOf(value.toBSON() as unknown);
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : undefined;
}
