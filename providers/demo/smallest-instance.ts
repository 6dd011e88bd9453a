type Schema = Readonly<Record<string, unknown>>;

const depthMax = 16;

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function smallestString(schema: Schema): string {
  const length = typeof schema.minLength === 'number' ? Math.min(schema.minLength, 10_000) : 0;
  if (schema.format === 'date-time') return '2000-01-01T00:00:00Z';
  if (schema.format === 'date') return '2000-01-01';
  if (schema.format === 'email') return 'demo@example.com';
  if (schema.format === 'uri') return 'https://example.com/';
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000000';
  return 'demo'.padEnd(length, '.');
}

function smallestNumber(schema: Schema): number {
  if (typeof schema.minimum === 'number') return Math.ceil(schema.minimum);
  if (typeof schema.exclusiveMinimum === 'number') return Math.floor(schema.exclusiveMinimum) + 1;
  if (typeof schema.maximum === 'number') return Math.min(0, Math.floor(schema.maximum));
  return 0;
}

function smallestObject(schema: Schema, root: Schema, depth: number): Record<string, unknown> {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    required
      .filter((name): name is string => typeof name === 'string')
      .map((name) => [name, instance(properties[name], root, depth + 1)]),
  );
}

function smallestArray(schema: Schema, root: Schema, depth: number): unknown[] {
  const length = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 100) : 0;
  return Array.from({ length }, () => instance(schema.items, root, depth + 1));
}

function resolve(reference: string, root: Schema): unknown {
  let at: unknown = root;
  for (const step of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    at = isSchema(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return at;
}

function instance(schema: unknown, root: Schema, depth: number): unknown {
  if (!isSchema(schema) || depth > depthMax) return null;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  if (typeof schema.$ref === 'string') return instance(resolve(schema.$ref, root), root, depth + 1);
  for (const word of ['anyOf', 'oneOf', 'allOf']) {
    const choices = schema[word];
    if (Array.isArray(choices) && choices.length > 0) return instance(choices[0], root, depth + 1);
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object' || (type === undefined && isSchema(schema.properties))) {
    return smallestObject(schema, root, depth);
  }
  if (type === 'array') return smallestArray(schema, root, depth);
  if (type === 'string') return smallestString(schema);
  if (type === 'integer' || type === 'number') return smallestNumber(schema);
  if (type === 'boolean') return false;
  return null;
}

/**
 * A small value that a JSON Schema accepts: required properties only, first enum value, shortest arrays. Common
 * keywords only (patterns are not generated, of allOf the first part is taken): this is a demo, not a fuzzer.
 */
export function smallestInstance(schema: Schema): unknown {
  return instance(schema, schema, 0);
}
