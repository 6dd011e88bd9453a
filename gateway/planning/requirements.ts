import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { tooCostly } from '../errors.ts';
import type { Requirements, SupergraphFields } from './supergraph-fields.ts';

/** True for the fields that one part of an operation has. */
type IsPart = (field: FieldNode) => boolean;

interface Part {
  readonly key: string;
  /** The group of the field that leads to it. */
  readonly group: number;
}

const partsMax = 32;

/** True where both require a field, but with different arguments. */
function conflict(one: Requirements, other: Requirements): boolean {
  return [...one].some(([name, texts]) => {
    const others = other.get(name);
    return others !== undefined && new Set([...texts, ...others]).size > 1;
  });
}

function collectFieldNames({ selections }: SelectionSetNode, found = new Set<string>()): ReadonlySet<string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) found.add(selection.name.value);
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined)
      collectFieldNames(selection.selectionSet, found);
  }
  return found;
}

/** The names of fields that require something with arguments, in groups without conflicts. */
function assignGroups(names: Iterable<string>, fields: SupergraphFields): ReadonlyMap<string, number> {
  const groups: Requirements[][] = [];
  const assigned = new Map<string, number>();
  for (const name of names) {
    const own = fields.findRequirements(name);
    if (own === undefined) continue;
    let group = groups.findIndex((others) => !others.some((other) => conflict(own, other)));
    if (group === -1) group = groups.push([]) - 1;
    groups[group]?.push(own);
    assigned.set(name, group);
  }
  return assigned;
}

/**
 * Parts of an operation that together are the whole. The planner 0.0.38 sends a field the value that another requires
 * where two fields of one object require one with different arguments, so no part has two such fields. Takes an
 * operation whose fragments are written out; undefined where it has no such fields. Throws HeddleError
 * GRAPH_COST_EXCEEDED for an operation of too many parts.
 */
export function splitByRequirement(
  { selectionSet: root }: OperationDefinitionNode,
  fields: SupergraphFields,
): readonly IsPart[] | undefined {
  const toFieldGroup = assignGroups(collectFieldNames(root), fields);
  if (Math.max(0, ...toFieldGroup.values()) === 0) return undefined;
  /** By the groups of the fields that lead to a part, each of which needs what its own group requires. */
  const parts = new Map<string, Set<FieldNode>>();
  const walk = ({ selections }: SelectionSetNode, above: readonly FieldNode[], outer: Part): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, above, outer);
      if (selection.kind !== Kind.FIELD) continue;
      const group = toFieldGroup.get(selection.name.value) ?? outer.group;
      const part = group === outer.group ? outer : { key: `${outer.key} ${group}`, group };
      const path = [...above, selection];
      const members = parts.get(part.key) ?? new Set<FieldNode>();
      parts.set(part.key, members);
      for (const field of path) members.add(field);
      if (selection.selectionSet !== undefined) walk(selection.selectionSet, path, part);
    }
  };
  walk(root, [], { key: '0', group: 0 });
  if (parts.size > partsMax) {
    throw tooCostly(`The document has ${parts.size} parts to be planned apart; ${partsMax} are allowed.`);
  }
  return [...parts.values()].map((part) => (field) => part.has(field));
}
