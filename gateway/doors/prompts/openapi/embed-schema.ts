import { isFields } from '../../body-fields.ts';
import { dataKeywords, mapKeywords, type SchemaFields } from './schema-keywords.ts';
import { upgradeSchema } from './upgrade-schema.ts';

/** Keywords that name a schema. In a document with the schemas of other prompts a name could stand for two. */
const nameKeywords: ReadonlySet<string> = new Set(['$id', '$anchor', '$dynamicAnchor']);

/** The address of a schema that has none. */
const unnamed = 'heddle:schema';

/** The address that references in the schema are relative to. */
const readBase = (schema: SchemaFields, base: string): string =>
  (typeof schema.$id === 'string' ? URL.parse(schema.$id, base)?.href : undefined)?.replace(/#$/, '') ?? base;

const escapeName = (name: string) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));

type Visit = (schema: SchemaFields, base: string, pointer: string) => void;

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
    if (!mapKeywords.has(keyword) || !isFields(value)) {
      visitSchemas(value, own, at, visit);
      continue;
    }
    for (const [name, one] of Object.entries(value)) {
      visitSchemas(one, own, `${at}/${escapeName(name)}`, visit);
    }
  }
}

/** Where each name in the schema stands: addresses, and anchors behind theirs. */
function listNames(schema: SchemaFields, pointer: string): ReadonlyMap<string, string> {
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
 * names (`$id`, `$anchor`) are left out, since other schemas of the document may have the same. One of draft-07 is upgraded.
 */
export function embedSchema(schema: SchemaFields, pointer: string): object {
  const upgraded = upgradeSchema(schema);
  return moveSchema(upgraded, unnamed, listNames(upgraded, pointer)) as object;
}
