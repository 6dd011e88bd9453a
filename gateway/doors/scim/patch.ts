import { type BodyFields, isFields } from '../body-fields.ts';
import { readField, readList, requireFields } from './read-fields.ts';
import { ScimRefusal } from './scim-refusal.ts';
import { toAttributeName } from './select-attributes.ts';

const operationsMax = 1_000;
const pathMax = 1_000;

/** One change of a PATCH (RFC 7644, section 3.5.2). */
export interface PatchChange {
  readonly op: 'add' | 'remove' | 'replace';
  /** The attribute in lower case, such as `name.givenname`, without what stands in brackets. */
  readonly attribute: string;
  /** What stands in the brackets of the path, which selects values of the attribute; null: there are none. */
  readonly selected: string | null;
  readonly value: unknown;
}

/**
 * The changes of the body of a PATCH, in their order: one for each attribute where a value has several. Names of operations and
 * attributes count whatever their case, as providers send them.
 */
export function readPatch(body: unknown): readonly PatchChange[] {
  const fields = requireFields(body, 'The body');
  const operations = readList(readField(fields, 'Operations'), 'Operations', operationsMax);
  if (operations.length === 0)
    throw new ScimRefusal('invalidSyntax', 'Operations must have at least one operation.');
  return operations.flatMap((one, index) => readOperation(requireFields(one, `Operations[${index}]`), index));
}

function readOperation(fields: BodyFields, index: number): readonly PatchChange[] {
  const place = `Operations[${index}]`;
  const op = readOp(readField(fields, 'op'), place);
  const value = readField(fields, 'value');
  const path = readField(fields, 'path');
  if (path !== undefined && path !== null && path !== '') return [{ op, value, ...readPath(path, place) }];
  if (op === 'remove') throw new ScimRefusal('invalidPath', `${place} removes something, and needs a path.`);
  if (!isFields(value))
    throw new ScimRefusal('invalidSyntax', `${place} has no path: its value must be an object.`);
  return Object.entries(value).map(([name, part]) => ({ op, value: part, ...readPath(name, place) }));
}

function readOp(value: unknown, place: string): PatchChange['op'] {
  const op = typeof value === 'string' ? value.toLowerCase() : '';
  if (op === 'add' || op === 'remove' || op === 'replace') return op;
  throw new ScimRefusal('invalidSyntax', `${place}.op must be add, remove or replace.`);
}

const pathPattern = /^([^[\]]+)(?:\[([^[\]]*)\](?:\.([a-z$]+))?)?$/i;

function readPath(path: unknown, place: string): Pick<PatchChange, 'attribute' | 'selected'> {
  const match = typeof path === 'string' && path.length <= pathMax ? pathPattern.exec(path.trim()) : null;
  if (match === null) throw new ScimRefusal('invalidPath', `${place}.path is no path of an attribute.`);
  const [, attribute = '', selected, part] = match;
  const name = toAttributeName(attribute);
  return {
    attribute: part === undefined ? name : `${name}.${part.toLowerCase()}`,
    selected: selected ?? null,
  };
}
