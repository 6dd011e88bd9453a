import { type JsonSchema, rejectUnsupported } from '../translate/call-parts.ts';
import { fields } from '../wires/shared/fields.ts';

const schemaKeywords = ['additionalProperties', 'additionalItems', 'contains', 'not', 'if', 'then', 'else'];
const listKeywords = ['allOf', 'anyOf', 'oneOf'];
const recordKeywords = ['properties', 'patternProperties', 'definitions', '$defs', 'dependencies'];

/** Whether a regular expression looks ahead or behind, outside of escapes and character classes. */
function looksAround(pattern: string): boolean {
  const bare = pattern.replace(/\\./gs, '').replace(/\[[^\]]*\]/g, '');
  return /\(\?<?[=!]/.test(bare);
}

function adaptList(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => adaptAny(each)) : adaptAny(value);
}

/** Schemas by name; lists of names, which dependencies may be, stay. */
function adaptRecord(value: unknown): unknown {
  const record = fields(value);
  if (record === null) return value;
  return Object.fromEntries(Object.entries(record).map(([name, each]) => [name, adaptAny(each)]));
}

function adaptAny(value: unknown): unknown {
  const schema = fields(value);
  return schema === null ? value : adapt(schema, false);
}

/** `#/$defs/<name>` of the one schema that `allOf` holds, where it is nothing but a reference. */
function onlyReference({ allOf }: JsonSchema): string | null {
  if (!Array.isArray(allOf) || allOf.length !== 1) return null;
  const only = fields(allOf[0]);
  return only !== null && Object.keys(only).length === 1 && typeof only.$ref === 'string' ? only.$ref : null;
}

function findDefinition(reference: string, schema: JsonSchema): JsonSchema | null {
  const [, keyword = '', name = ''] = /^#\/(definitions|\$defs)\/(.+)$/.exec(reference) ?? [];
  return fields(fields(schema[keyword])?.[name.replaceAll('~1', '/').replaceAll('~0', '~')]);
}

function adapt(given: JsonSchema, isRoot: boolean): JsonSchema {
  const { propertyNames, ...schema }: Record<string, unknown> = given;
  if (propertyNames !== undefined && propertyNames !== null) {
    const type = fields(propertyNames)?.type ?? (typeof propertyNames === 'boolean' ? 'boolean' : 'string');
    if (type !== 'string') throw rejectUnsupported('propertyNames of a JSON Schema describe no strings');
  }
  if (typeof schema.pattern === 'string' && looksAround(schema.pattern)) delete schema.pattern;
  for (const keyword of schemaKeywords) if (schema[keyword]) schema[keyword] = adaptAny(schema[keyword]);
  for (const keyword of [...listKeywords, 'items']) {
    if (schema[keyword]) schema[keyword] = adaptList(schema[keyword]);
  }
  for (const keyword of recordKeywords) if (schema[keyword]) schema[keyword] = adaptRecord(schema[keyword]);
  const reference = onlyReference(schema);
  if (reference === null) return schema;
  const { allOf: _, ...rest } = schema;
  if (!isRoot) return { ...rest, $ref: reference };
  const definition = findDefinition(reference, schema);
  return definition === null ? schema : { ...definition, ...rest };
}

/**
 * A JSON Schema as OpenAI takes it. It has no `propertyNames`, no patterns that look around (both are left to our own
 * check of the answer), and no `allOf`, which is replaced where it is a reference.
 * @throws {ProviderFailure} BAD_USER_INPUT for `propertyNames` of anything but strings
 */
export function adaptSchema(schema: JsonSchema): JsonSchema {
  return adapt(schema, true);
}
