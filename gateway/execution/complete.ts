import type { SourceLocation } from 'graphql';
import { HeddleError } from '#core/errors.ts';
import { type ClientError, clientError, errorsMax, withLocations } from '../errors.ts';
import type { FieldShape, ObjectShape, TypeShape } from './shape.ts';

export interface Completion {
  readonly errors: ClientError[];
  /** Objects that a subgraph reported as missing, for this caller. */
  readonly missing: ReadonlySet<object>;
  /** Objects of which an error already states why a subgraph had nothing of them. */
  readonly failed: ReadonlySet<object>;
  readonly requestId: string;
  /** The place of an offset in the client's text. */
  readonly locate: (start: number) => SourceLocation;
  /** How long the answer may be, and how much of that is left. */
  readonly charactersMax: number;
  charactersLeft: number;
}

type Path = (string | number)[];

/** True when some error already states why there is nothing at the path: it is at it, or below it. */
function isExplained(errors: readonly ClientError[], path: Path): boolean {
  return errors.some((error) => {
    const at = error.path;
    if (at === undefined) return true;
    const length = Math.min(at.length, path.length);
    for (let index = 0; index < length; index++) if (at[index] !== path[index]) return false;
    return true;
  });
}

/** Counts what an answer holds. A value that stands in it under several names takes its room for each of them. */
function count(completion: Completion, characters: number): void {
  completion.charactersLeft -= characters;
  if (completion.charactersLeft >= 0) return;
  throw new HeddleError(
    'GRAPH_COST_EXCEEDED',
    `The answer is longer than the ${completion.charactersMax} characters that are allowed: request less in one operation.`,
  );
}

/** More than a number, a truth value or the signs around a value take. */
const charactersOfOther = 24;

/** Counts a value without fields: a text, or any JSON. */
function countLeaf(completion: Completion, value: unknown): void {
  if (typeof value !== 'object') {
    count(completion, typeof value === 'string' ? value.length : charactersOfOther);
    return;
  }
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    count(completion, typeof next === 'string' ? next.length : charactersOfOther);
    if (Array.isArray(next)) for (const item of next) open.push(item);
    else if (typeof next === 'object' && next !== null) {
      for (const [name, inner] of Object.entries(next)) {
        completion.charactersLeft -= name.length;
        open.push(inner);
      }
    }
  }
}

function report({ errors, locate }: Completion, { start }: FieldShape, error: ClientError): void {
  if (errors.length < errorsMax) errors.push(withLocations(error, [locate(start)]));
}

function reportNull(completion: Completion, field: FieldShape, path: Path, value: unknown): void {
  if (isExplained(completion.errors, path)) return;
  const gone = typeof value === 'object' && value !== null && completion.missing.has(value);
  report(
    completion,
    field,
    gone
      ? clientError('NOT_FOUND', `${field.coordinate} no longer exists, or this caller may not see it.`, [
          ...path,
        ])
      : clientError('INTERNAL', `${field.coordinate} cannot be null, but nothing came for it.`, [...path], {
          requestId: completion.requestId,
        }),
  );
}

function completeValue(
  completion: Completion,
  field: FieldShape,
  type: TypeShape,
  value: unknown,
  path: Path,
): unknown {
  if (value === undefined || value === null) return null;
  if (field.object === undefined && field.enumValues === undefined) {
    countLeaf(completion, value);
    return value;
  }
  if (type.items === undefined) {
    if (field.object === undefined) return field.enumValues?.has(value) === true ? value : null;
    if (typeof value !== 'object') return null;
    return completeObject(completion, field.object, value as Record<string, unknown>, path);
  }
  if (!Array.isArray(value)) return null;
  const items: unknown[] = [];
  for (let index = 0; index < value.length; index++) {
    path.push(index);
    const item = completeValue(completion, field, type.items, value[index], path);
    if (item === null && type.items.nonNull) {
      reportNull(completion, field, path, value[index]);
      path.pop();
      return null;
    }
    path.pop();
    items.push(item);
  }
  return items;
}

function completeObject(
  completion: Completion,
  shape: ObjectShape,
  raw: Readonly<Record<string, unknown>>,
  path: Path,
): Record<string, unknown> | null {
  const typeName = shape.readTypeName(raw.__typename);
  const fields = shape.listFields(typeName ?? shape.declaredType);
  if (fields === undefined) return null;
  const completed: Record<string, unknown> = {};
  for (const field of fields) {
    count(completion, field.key.length);
    if (field.isTypename) {
      completed[field.key] = typeName ?? raw[field.planKey];
      continue;
    }
    path.push(field.key);
    let value: unknown = null;
    if (field.denied === undefined) {
      value = completeValue(completion, field, field.type, raw[field.planKey], path);
    } else {
      const { code, message } = field.denied;
      report(completion, field, { message, path: [...path], extensions: { code } });
    }
    if (value === null && field.type.nonNull) {
      // What a missing entity lacks is reported once, where the entity itself was requested.
      const isReported = completion.missing.has(raw) || completion.failed.has(raw);
      if (!isReported) reportNull(completion, field, path, raw[field.planKey]);
      path.pop();
      return null;
    }
    path.pop();
    completed[field.key] = value;
  }
  return completed;
}

/**
 * The answer in the order of the document: nothing but what was requested, refused fields null with their error, and
 * null rising from where the graph allows none (GraphQL spec, section 6.4.4). Adds to the errors. Throws HeddleError
 * GRAPH_COST_EXCEEDED for an answer that is too long.
 */
export function completeResult(
  completion: Completion,
  shape: ObjectShape,
  raw: Readonly<Record<string, unknown>>,
): Record<string, unknown> | null {
  return completeObject(completion, shape, raw, []);
}

/** True when the field of the root is null where the graph allows none: nothing is left of the answer then. */
export function losesAnswer(
  completion: Completion,
  field: FieldShape,
  raw: Readonly<Record<string, unknown>>,
): boolean {
  return (
    field.type.nonNull &&
    completeValue({ ...completion, errors: [] }, field, field.type, raw[field.planKey], [field.key]) === null
  );
}
