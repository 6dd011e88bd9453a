const depthMax = 32;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrict(schema: unknown, depth: number): boolean {
  if (!isObject(schema) || depth > depthMax) return false;
  const { properties } = schema;
  if (schema.type === 'object' || isObject(properties)) {
    const names = isObject(properties) ? Object.keys(properties) : [];
    const required = new Set<unknown>(Array.isArray(schema.required) ? schema.required : []);
    if (schema.additionalProperties !== false || !names.every((name) => required.has(name))) return false;
  }
  const children = [
    ...(isObject(properties) ? Object.values(properties) : []),
    ...(isObject(schema.$defs) ? Object.values(schema.$defs) : []),
    ...(isObject(schema.definitions) ? Object.values(schema.definitions) : []),
    ...(Array.isArray(schema.anyOf) ? schema.anyOf : []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  return children.every((child) => isStrict(child, depth + 1));
}

/**
 * May a JSON Schema be sent with `strict: true`? OpenAI's structured outputs demand that the root is an object, that every
 * object forbids other properties and that it requires all of its own; other schemas it answers with 400.
 */
export function isStrictSchema(schema: Readonly<Record<string, unknown>>): boolean {
  return schema.type === 'object' && isStrict(schema, 0);
}
