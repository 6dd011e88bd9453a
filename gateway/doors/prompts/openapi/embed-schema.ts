type Fields = Readonly<Record<string, unknown>>;

/** Keywords whose value is data, not a schema. */
const dataKeywords: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'example']);
/** Keywords whose value has schemas by names of their own. */
const mapKeywords: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
]);
const referenceKeywords: ReadonlySet<string> = new Set(['$ref', '$dynamicRef']);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A reference into the schema's own document, as one into the document that it now stands in. */
function moveReference(reference: unknown, pointer: string): unknown {
  if (reference === '#') return pointer;
  return typeof reference === 'string' && reference.startsWith('#/')
    ? `${pointer}${reference.slice(1)}`
    : reference;
}

function moveSchema(schema: unknown, pointer: string): unknown {
  if (Array.isArray(schema)) return schema.map((one) => moveSchema(one, pointer));
  // References below an `$id` are those of its own document.
  if (!isFields(schema) || schema.$id !== undefined) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, moveKeyword(keyword, value, pointer)]),
  );
}

function moveKeyword(keyword: string, value: unknown, pointer: string): unknown {
  if (dataKeywords.has(keyword)) return value;
  if (referenceKeywords.has(keyword)) return moveReference(value, pointer);
  if (!mapKeywords.has(keyword) || !isFields(value)) return moveSchema(value, pointer);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, moveSchema(one, pointer)]));
}

/** The schema as a part of another document at the pointer: its references lead to where its parts stand there. */
export function embedSchema(schema: Fields, pointer: string): object {
  return moveSchema(schema, pointer) as object;
}
