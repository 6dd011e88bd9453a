import { show } from '../bson/show.ts';
import type { Doc, Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Modifier } from './modifier.ts';
import { isDynamic, parseUpdatePath } from './paths.ts';

export type Rename = { from: string[]; to: string[] };

const bad = (message: string) => new CommandError('BadValue', message);

export function parseRename(from: string, to: Value): Rename {
  if (typeof to !== 'string') throw bad(`The 'to' field for $rename must be a string: ${from}: ${show(to)}`);
  const rename = { from: parseUpdatePath(from), to: parseUpdatePath(to) };
  if (isDynamic(rename.from)) throw bad(`The source field for $rename may not be dynamic: ${from}`);
  if (isDynamic(rename.to)) throw bad(`The destination field for $rename may not be dynamic: ${to}`);
  if (from === to) throw bad(`The source and target field for $rename must differ: ${from}: "${to}"`);
  if (`${to}.`.startsWith(`${from}.`) || `${from}.`.startsWith(`${to}.`)) {
    throw bad(`The source and target field for $rename must not be on the same path: ${from}: "${to}"`);
  }
  return rename;
}

const UNSET: Modifier = { creates: false, apply: () => undefined };

/** A rename in one document: nothing when the source is missing, else an unset and a set. */
export function renameSteps(doc: Doc, { from, to }: Rename): { path: string[]; modifier: Modifier }[] {
  const value = through(doc, from, 'source');
  if (value === undefined) return [];
  through(doc, to, 'destination');
  return [
    { path: from, modifier: UNSET },
    { path: to, modifier: { creates: true, apply: () => value } },
  ];
}

/** The value at a path that must not lead through an array. */
function through(doc: Doc, path: readonly string[], role: string): Value | undefined {
  let value: Value | undefined = doc;
  for (const [index, part] of path.entries()) {
    if (Array.isArray(value)) {
      throw bad(
        `The ${role} field cannot be an array element, '${path.join('.')}' in doc with _id: ${show(doc.get('_id'))} has an array field called '${path[index - 1]}'`,
      );
    }
    value = value instanceof Map ? value.get(part) : undefined;
  }
  return value;
}
