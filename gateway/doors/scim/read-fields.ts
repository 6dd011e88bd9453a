import { type BodyFields, isFields } from '../body-fields.ts';
import { ScimRefusal } from './scim-refusal.ts';

const shownMax = 60;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

/** The object that a body or a value must be. */
export function requireFields(value: unknown, what: string): BodyFields {
  if (isFields(value)) return value;
  throw new ScimRefusal('invalidSyntax', `${what} must be an object.`);
}

/** A field whatever the case of its name, as attributes of SCIM have it. */
export function readField(fields: BodyFields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  const key = Object.keys(fields).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : fields[key];
}

/** A text; null for null and an empty one. */
export function toAttributeText(value: unknown, name: string): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string') return value;
  throw new ScimRefusal('invalidValue', `${name} must be a text, not ${show(value)}.`);
}

/** A truth value. Some providers send it as a text, with a capital letter. */
export function readBoolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word === 'true' || word === 'false') return word === 'true';
  throw new ScimRefusal('invalidValue', `${name} must be true or false, not ${show(value)}.`);
}

/** The values of a multi-valued attribute; a single one counts as a list of it. */
export function readList(value: unknown, name: string, max: number): readonly unknown[] {
  const list = value === null || value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (list.length > max)
    throw new ScimRefusal('invalidValue', `${name} has ${list.length} values; ${max} are allowed.`);
  return list;
}
