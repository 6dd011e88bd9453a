import type { Path } from '../bson/paths.ts';
import type { Regex, Value } from '../bson/values.ts';

/** A comparison as the server means it: only values of the same type bracket match (see compareMatch). */
export type ComparisonOp = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

/**
 * A parsed filter. What `path` names is reached by walking the document (bson/paths.ts); inside `elemMatchValue` a
 * path is empty and means the element itself. $ne, $nin, `$exists: false` are `not` over their opposites, $all is an
 * `and`.
 */
export type FilterNode =
  | { op: 'and' | 'or' | 'nor'; children: FilterNode[] }
  | { op: 'not'; child: FilterNode }
  | { op: ComparisonOp; path: Path; value: Value }
  | { op: 'in'; path: Path; values: Value[]; regexes: Regex[] }
  | { op: 'exists'; path: Path }
  | { op: 'type'; path: Path; types: ReadonlySet<number> }
  | { op: 'regex'; path: Path; regex: Regex }
  | { op: 'mod'; path: Path; divisor: bigint; remainder: bigint }
  | { op: 'size'; path: Path; size: number }
  | { op: 'elemMatchObject'; path: Path; child: FilterNode }
  | { op: 'elemMatchValue'; path: Path; child: FilterNode }
  | { op: 'expr'; expression: Value }
  | { op: 'always'; result: boolean };

export type PathNode = Extract<FilterNode, { path: Path }>;

/** The conditions that every match fulfils: a top-level `and` flattened. */
export function conjuncts(node: FilterNode): FilterNode[] {
  return node.op === 'and' ? node.children.flatMap(conjuncts) : [node];
}

/**
 * The top-level fields that deciding the filter reads, or null when it may read any ($expr). With
 * decodeFields a scan then decodes no more than these.
 */
export function fieldsRead(node: FilterNode, into: Set<string> = new Set()): Set<string> | null {
  switch (node.op) {
    case 'and':
    case 'or':
    case 'nor':
      for (const child of node.children) if (fieldsRead(child, into) === null) return null;
      return into;
    case 'not':
      return fieldsRead(node.child, into);
    case 'expr':
      return null;
    case 'always':
      return into;
    default:
      into.add(node.path[0]!);
      return into;
  }
}
