import { ScimRefusal } from './scim-refusal.ts';

/** The attributes that a client wants, by their names in lower case. */
export interface AttributeSelection {
  /** Null: all that are returned by default. */
  readonly attributes: ReadonlySet<string> | null;
  readonly excluded: ReadonlySet<string>;
}

const namesMax = 50;
const textMax = 2_000;
/** Always returned (RFC 7643, section 7): they identify what is returned. */
const always: ReadonlySet<string> = new Set(['id', 'schemas']);

/** The name of an attribute in lower case, without the URN of the schemas of users and groups before it. */
export function toAttributeName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/, '');
}

function readNames(query: URLSearchParams, name: string): ReadonlySet<string> | null {
  const text = query.get(name);
  if (text === null || text.trim() === '') return null;
  const names = text.length > textMax ? [] : text.split(',');
  if (names.length === 0 || names.length > namesMax)
    throw new ScimRefusal(
      'invalidValue',
      `${name} must name at most ${namesMax} attributes, in ${textMax} characters.`,
    );
  return new Set(names.map(toAttributeName));
}

/** What `attributes` and `excludedAttributes` of a query state (RFC 7644, section 3.9). */
export function readSelection(query: URLSearchParams): AttributeSelection {
  return {
    attributes: readNames(query, 'attributes'),
    excluded: readNames(query, 'excludedAttributes') ?? new Set(),
  };
}

/** Whether the attribute is wanted, or a part of it. */
export function isSelected(name: string, { attributes, excluded }: AttributeSelection): boolean {
  if (attributes === null) return !excluded.has(name);
  return attributes.has(name) || [...attributes].some((one) => one.startsWith(`${name}.`));
}

/** The resource with the attributes that are wanted. */
export function selectAttributes(resource: object, selection: AttributeSelection): object {
  return Object.fromEntries(
    Object.entries(resource).flatMap(([name, value]) => {
      const key = name.toLowerCase();
      if (always.has(key)) return [[name, value]];
      return isSelected(key, selection) ? [[name, selectParts(key, value, selection)]] : [];
    }),
  );
}

/** An attribute with those of its parts that are wanted. */
function selectParts(key: string, value: unknown, { attributes, excluded }: AttributeSelection): unknown {
  const isPartWanted = (part: string) => {
    const name = `${key}.${part.toLowerCase()}`;
    return attributes === null || attributes.has(key) ? !excluded.has(name) : attributes.has(name);
  };
  const select = (one: unknown) =>
    typeof one === 'object' && one !== null
      ? Object.fromEntries(Object.entries(one).filter(([part]) => isPartWanted(part)))
      : one;
  return Array.isArray(value) ? value.map(select) : select(value);
}
