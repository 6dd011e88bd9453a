/** Keywords of JSON Schema whose value is data, not a schema. */
export const dataKeywords: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'example']);

/** Keywords whose value has schemas by names of their own. */
export const mapKeywords: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
]);

/** A schema that is no boolean. */
export type SchemaFields = Readonly<Record<string, unknown>>;
