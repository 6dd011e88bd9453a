import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import type { Requirements, SupergraphFields } from './supergraph-fields.ts';

/** True for the fields that one part of an operation has. */
export type IsPart = (field: FieldNode) => boolean;

/** True where both require a field, but with different arguments. */
function conflict(one: Requirements, other: Requirements): boolean {
  return [...one].some(([name, texts]) => {
    const others = other.get(name);
    return others !== undefined && new Set([...texts, ...others]).size > 1;
  });
}

function fieldNamesOf({ selections }: SelectionSetNode, found = new Set<string>()): ReadonlySet<string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) found.add(selection.name.value);
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined)
      fieldNamesOf(selection.selectionSet, found);
  }
  return found;
}

/** The names of fields that cannot be planned together with others, by the part that they come to. */
function assignParts(names: Iterable<string>, fields: SupergraphFields): ReadonlyMap<string, number> {
  const parts: Requirements[][] = [];
  const assigned = new Map<string, number>();
  for (const name of names) {
    const own = fields.requirementsOf(name);
    if (own === undefined) continue;
    let part = parts.findIndex((others) => !others.some((other) => conflict(own, other)));
    if (part === -1) part = parts.push([]) - 1;
    parts[part]?.push(own);
    assigned.set(name, part);
  }
  return assigned;
}

/**
 * Parts of an operation that together are the whole. The planner 0.0.38 gives a field the value that another requires
 * where two fields require one with different arguments, so no part has two such fields. Takes an operation whose
 * fragments are written out; undefined where it has no such fields.
 */
export function splitByRequirement(
  { selectionSet: root }: OperationDefinitionNode,
  fields: SupergraphFields,
): readonly IsPart[] | undefined {
  const partOf = assignParts(fieldNamesOf(root), fields);
  const count = Math.max(0, ...partOf.values()) + 1;
  if (count === 1) return undefined;
  const parts = Array.from({ length: count }, () => new Set<FieldNode>());
  const walk = ({ selections }: SelectionSetNode, above: readonly FieldNode[], outer: number): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, above, outer);
      if (selection.kind !== Kind.FIELD) continue;
      const part = partOf.get(selection.name.value) ?? outer;
      const path = [...above, selection];
      for (const field of path) parts[part]?.add(field);
      if (selection.selectionSet !== undefined) walk(selection.selectionSet, path, part);
    }
  };
  walk(root, [], 0);
  return parts.map((part) => (field) => part.has(field));
}
