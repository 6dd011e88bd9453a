import { type Doc, type ObjectId, Regex, typeName, UNDEFINED, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { conjuncts, type FilterNode } from '../query/ast.ts';

/**
 * The document that an upsert starts from: the filter's equalities. A replacement (`onlyId`) takes the _id alone.
 * Throws NotSingleValueField (54) when the filter sets a path twice.
 */
export function upsertBase(filter: FilterNode, onlyId = false): Doc {
  const equalities: { path: readonly string[]; value: Value }[] = [];
  for (const node of equalityNodes(filter)) {
    if (node.op === 'eq') equalities.push(node);
    else if (node.op === 'in' && node.regexes.length === 0 && node.values.length === 1) {
      equalities.push({ path: node.path, value: node.values[0]! });
    }
  }
  equalities.sort((a, b) => (a.path.join('.') < b.path.join('.') ? -1 : 1));
  const base: Doc = new Map();
  for (const { path, value } of equalities.filter((item) => item.path[0] === '_id')) put(base, path, value);
  if (onlyId) return base;
  for (const { path, value } of equalities.filter((item) => item.path[0] !== '_id')) put(base, path, value);
  return base;
}

function equalityNodes(filter: FilterNode): FilterNode[] {
  return conjuncts(filter).flatMap((node) =>
    node.op === 'or' && node.children.length === 1 ? equalityNodes(node.children[0]!) : [node],
  );
}

function put(base: Doc, path: readonly string[], value: Value): void {
  let container = base;
  for (const part of path.slice(0, -1)) {
    const inner = container.get(part);
    if (inner === undefined) {
      const made: Doc = new Map();
      container.set(part, made);
      container = made;
    } else if (inner instanceof Map) container = inner;
    else throw twice(path);
  }
  const last = path.at(-1)!;
  if (container.has(last)) throw twice(path);
  container.set(last, value);
}

function twice(path: readonly string[]): CommandError {
  return new CommandError(
    'NotSingleValueField',
    `cannot infer query fields to set, path '${path.join('.')}' is matched twice`,
  );
}

/** A document as it is inserted: _id in front, made when there is none. Throws InvalidIdField (53) for a bad one. */
export function withId(doc: Doc, makeId: () => ObjectId): Doc {
  const id = doc.get('_id');
  if (id === undefined) return new Map<string, Value>([['_id', makeId()], ...doc]);
  if (Array.isArray(id) || id instanceof Regex || id === UNDEFINED) {
    throw new CommandError('InvalidIdField', `The '_id' value cannot be of type ${typeName(id)}`);
  }
  if (id instanceof Map) {
    for (const name of id.keys()) {
      if (name.startsWith('$') && !['$id', '$ref', '$db'].includes(name)) {
        throw new CommandError(
          'DollarPrefixedFieldName',
          `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`,
        );
      }
    }
  }
  if (doc.keys().next().value === '_id') return doc;
  return new Map([['_id', id], ...doc]);
}
