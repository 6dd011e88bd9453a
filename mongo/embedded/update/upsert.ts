import { type Doc, type ObjectId, Regex, typeName, UNDEFINED, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { conjuncts, type FilterNode } from '../query/ast.ts';
import { comparePaths } from './paths.ts';

/**
 * The document that an upsert starts from: the filter's equalities. A replacement (`onlyId`) takes the _id alone.
 * Throws NotSingleValueField (54) when the filter sets a path twice, NotExactValueField (111) for a replacement when
 * it names only a part of the _id, QueryFeatureNotAllowed (224) for $expr.
 */
export function upsertBase(filter: FilterNode, onlyId = false): Doc {
  refuseExpressions(filter);
  const equalities = collectEqualities(filter).filter(({ path }) => !onlyId || path[0] === '_id');
  if (onlyId) checkWholeId(equalities);
  checkPaths(equalities.map(({ path }) => path));
  equalities.sort((a, b) => order(a.path) - order(b.path) || (a.path.join('.') < b.path.join('.') ? -1 : 1));
  const base: Doc = new Map();
  for (const { path, value } of equalities) put(base, path, value);
  return base;
}

type Equality = { path: readonly string[]; value: Value };

/** _id stands in front. */
const order = (path: readonly string[]): number => (path[0] === '_id' ? 0 : 1);

function refuseExpressions(node: FilterNode): void {
  if (node.op === 'expr') {
    throw new CommandError(
      'QueryFeatureNotAllowed',
      '$expr is not allowed in the query predicate for an upsert',
    );
  }
  if ('children' in node) for (const child of node.children) refuseExpressions(child);
}

/** A $in of one value and an $or of one branch count as well: the server's planner reduces them. */
function collectEqualities(filter: FilterNode): Equality[] {
  return conjuncts(filter).flatMap((node): Equality[] => {
    if (node.op === 'or' && node.children.length === 1) return collectEqualities(node.children[0]!);
    if (node.op === 'in' && node.regexes.length === 0 && node.values.length === 1) {
      return [{ path: node.path, value: node.values[0]! }];
    }
    return node.op === 'eq' ? [node] : [];
  });
}

function checkWholeId(equalities: readonly Equality[]): void {
  const part = equalities.find(({ path }) => path.length > 1);
  if (part === undefined) return;
  throw new CommandError(
    'NotExactValueField',
    `field at '_id' must be exactly specified, field at sub-path '${part.path.join('.')}'found`,
  );
}

function checkPaths(paths: readonly (readonly string[])[]): void {
  const sorted = paths.toSorted(comparePaths);
  for (let index = 1; index < sorted.length; index++) {
    const path = sorted[index]!;
    const before = sorted[index - 1]!;
    if (!before.every((part, at) => path[at] === part)) continue;
    const problem =
      before.length === path.length
        ? `path '${path.join('.')}' is matched twice`
        : `both paths '${path.join('.')}' and '${before.join('.')}' are matched`;
    throw new CommandError('NotSingleValueField', `cannot infer query fields to set, ${problem}`);
  }
}

function put(base: Doc, path: readonly string[], value: Value): void {
  let container = base;
  for (const part of path.slice(0, -1)) {
    let inner = container.get(part);
    if (!(inner instanceof Map)) {
      inner = new Map();
      container.set(part, inner);
    }
    container = inner;
  }
  container.set(path.at(-1)!, value);
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
