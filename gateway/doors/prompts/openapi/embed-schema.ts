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
/** Keywords that name a schema. In a document with the schemas of other prompts a name could stand for two. */
const nameKeywords: ReadonlySet<string> = new Set(['$id', '$anchor', '$dynamicAnchor']);

/** The address of a schema that has none. */
const unnamed = 'heddle:schema';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The address that references in the schema are relative to. */
const readBase = (schema: Fields, base: string): string =>
  (typeof schema.$id === 'string' ? URL.parse(schema.$id, base)?.href : undefined)?.replace(/#$/, '') ?? base;

const escapeName = (name: string) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));

type Visit = (schema: Fields, base: string, pointer: string) => void;

/** Visits the schema and those in it, with where they stand. */
function visitSchemas(schema: unknown, base: string, pointer: string, visit: Visit): void {
  if (Array.isArray(schema)) {
    for (const [index, one] of schema.entries()) visitSchemas(one, base, `${pointer}/${index}`, visit);
    return;
  }
  if (!isFields(schema)) return;
  const own = readBase(schema, base);
  visit(schema, own, pointer);
  for (const [keyword, value] of Object.entries(schema)) {
    if (dataKeywords.has(keyword)) continue;
    const at = `${pointer}/${keyword}`;
    if (!mapKeywords.has(keyword) || !isFields(value)) visitSchemas(value, own, at, visit);
    else
      for (const [name, one] of Object.entries(value))
        visitSchemas(one, own, `${at}/${escapeName(name)}`, visit);
  }
}

/** Where each name in the schema stands: addresses, and anchors behind theirs. */
function listNames(schema: Fields, pointer: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>([[unnamed, pointer]]);
  const add = (name: string, at: string) => void (names.has(name) || names.set(name, at));
  visitSchemas(schema, unnamed, pointer, ({ $id, $anchor, $dynamicAnchor }, base, at) => {
    if (typeof $id === 'string') add(base, at);
    for (const anchor of [$anchor, $dynamicAnchor])
      if (typeof anchor === 'string') add(`${base}#${anchor}`, at);
  });
  return names;
}

/** The reference as one by a pointer of the document; itself where it leads out of the schema. */
function moveReference(reference: unknown, base: string, names: ReadonlyMap<string, string>): unknown {
  if (typeof reference !== 'string') return reference;
  const at = reference.indexOf('#');
  const [address, fragment] = at === -1 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)];
  const target = address === '' ? base : (URL.parse(address, base)?.href ?? address);
  if (fragment !== '' && !fragment.startsWith('/')) return names.get(`${target}#${fragment}`) ?? reference;
  const pointer = names.get(target);
  return pointer === undefined ? reference : `${pointer}${fragment}`;
}

function moveSchema(schema: unknown, base: string, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(schema)) return schema.map((one) => moveSchema(one, base, names));
  if (!isFields(schema)) return schema;
  const own = readBase(schema, base);
  const moved = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (nameKeywords.has(keyword) && typeof value === 'string') return [];
    if (dataKeywords.has(keyword)) return [[keyword, value]];
    // Within one schema a dynamic anchor has one place.
    if (keyword === '$ref' || keyword === '$dynamicRef') return [['$ref', moveReference(value, own, names)]];
    if (!mapKeywords.has(keyword) || !isFields(value)) return [[keyword, moveSchema(value, own, names)]];
    const parts = Object.entries(value).map(([name, one]) => [name, moveSchema(one, own, names)] as const);
    return [[keyword, Object.fromEntries(parts)]];
  });
  return Object.fromEntries(moved);
}

/**
 * The schema as a part of another document at the pointer: its references lead to where its parts stand there, and its own
 * names (`$id`, `$anchor`) are left out, since other schemas of the document may have the same.
 */
export function embedSchema(schema: Fields, pointer: string): object {
  return moveSchema(schema, unnamed, listNames(schema, pointer)) as object;
}
