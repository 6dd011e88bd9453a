import { expectError } from '#core/expect-error.ts';
import type { JsonSchema } from '../../translate/call-parts.ts';
import { fields, list } from '../shared/fields.ts';

/** With more of them the vendor's compilation of a schema takes too long. */
const optionalPropertiesMax = 10;

const formats: ReadonlySet<unknown> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
]);
/** Keywords that are refused, and are written into the description instead. */
const constraints = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['pattern', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'not'],
];
const keptKeywords = ['$schema', '$id', 'title', 'description', 'enum', 'type'];

const schemaKeywords = ['additionalProperties', 'contains', 'else', 'if', 'items', 'not', 'then'];
const listKeywords = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const recordKeywords = ['dependentSchemas', 'patternProperties', 'properties'];

/** What a JSON Pointer within a schema (`#/$defs/name`) points at. */
function resolvePointer(schema: JsonSchema, pointer: string): unknown {
  let path: string;
  try {
    path = decodeURIComponent(pointer.slice(1));
  } catch (error) {
    expectError(error, URIError);
    return undefined;
  }
  let current: unknown = schema;
  for (const segment of path.split('/').slice(1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    const holder = typeof current === 'object' && current !== null ? current : {};
    current = Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined;
  }
  return current;
}

/** An object with properties of any name. Its answer would be an empty object. */
function isOpen({ type, properties, patternProperties, additionalProperties }: JsonSchema): boolean {
  if (additionalProperties === true || fields(additionalProperties) !== null) return true;
  if (Object.keys(fields(patternProperties) ?? {}).length > 0) return true;
  const isObject = type === 'object' || list(type).includes('object');
  return isObject && properties === undefined && additionalProperties !== false;
}

function schemasIn(node: JsonSchema): unknown[] {
  return [
    ...schemaKeywords.flatMap((keyword) => node[keyword]),
    ...listKeywords.flatMap((keyword) => list(node[keyword])),
    ...recordKeywords.flatMap((keyword) => Object.values(fields(node[keyword]) ?? {})),
  ];
}

/**
 * Whether Claude keeps to a JSON Schema by itself. It takes none that refers to itself, none with open objects, and only a
 * few properties that may be left out.
 */
export function isNativeSchema(schema: JsonSchema): boolean {
  /** By reference: how many optional properties it brings each time; null while they are being counted. */
  const counted = new Map<string, number | null>([['#', null]]);

  function countReference(reference: string): number {
    const known = counted.get(reference);
    if (known !== undefined) return known ?? Number.POSITIVE_INFINITY;
    counted.set(reference, null);
    const count = countOptional(resolvePointer(schema, reference));
    counted.set(reference, count);
    return count;
  }

  /** Infinite for what it does not take at all. */
  function countOptional(value: unknown): number {
    const node = fields(value);
    if (node === null) return 0;
    if (isOpen(node)) return Number.POSITIVE_INFINITY;
    const required = new Set(list(node.required));
    let count = Object.keys(fields(node.properties) ?? {}).filter((name) => !required.has(name)).length;
    if (typeof node.$ref === 'string' && node.$ref.startsWith('#')) count += countReference(node.$ref);
    for (const inner of schemasIn(node)) count += countOptional(inner);
    return count;
  }

  return countOptional(schema) <= optionalPropertiesMax;
}

function adaptAny(value: unknown): unknown {
  const schema = fields(value);
  return schema === null ? value : adaptOutputSchema(schema);
}

function adaptRecord(value: unknown): unknown {
  return Object.fromEntries(
    Object.entries(fields(value) ?? {}).map(([name, each]) => [name, adaptAny(each)]),
  );
}

function adaptList(value: unknown): unknown {
  return Array.isArray(value) ? value.map(adaptAny) : adaptAny(value);
}

function describeConstraints(schema: JsonSchema): string {
  const stated = constraints.flatMap((keyword) => {
    const value = schema[keyword];
    if (value === undefined || value === null || value === false) return [];
    const name = keyword.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
  if (typeof schema.format === 'string' && !formats.has(schema.format))
    stated.push(`format: ${schema.format}`);
  return stated.length === 0 ? '' : `${stated.join('; ')}.`;
}

/** A JSON Schema with nothing in it that Claude's structured output refuses. Our own check of the answer is of all of it. */
export function adaptOutputSchema(schema: JsonSchema): JsonSchema {
  const adapted: Record<string, unknown> = {};
  for (const keyword of ['definitions', '$defs']) {
    if (schema[keyword]) adapted[keyword] = adaptRecord(schema[keyword]);
  }
  if (schema.$ref) return { $ref: schema.$ref, ...adapted };
  for (const keyword of keptKeywords) if (schema[keyword]) adapted[keyword] = schema[keyword];
  for (const keyword of ['default', 'const']) {
    if (schema[keyword] !== undefined) adapted[keyword] = schema[keyword];
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) adapted.anyOf = adaptList(choices);
  for (const keyword of ['allOf', 'items'])
    if (schema[keyword]) adapted[keyword] = adaptList(schema[keyword]);
  if (schema.type === 'object' || schema.properties) {
    if (schema.properties) adapted.properties = adaptRecord(schema.properties);
    if (schema.required) adapted.required = schema.required;
    adapted.additionalProperties = false;
  }
  if (formats.has(schema.format)) adapted.format = schema.format;
  const described = describeConstraints(schema);
  if (described !== '') {
    adapted.description = schema.description ? `${schema.description}\n${described}` : described;
  }
  return adapted;
}
