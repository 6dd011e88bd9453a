import { type GraphQLNamedType, getNamedType, isCompositeType, Kind, type SelectionSetNode } from 'graphql';
import type { Operation } from './execution/operation.ts';

/**
 * The field of the schema that a path of an answer leads to, such as "Mutation.complete": its keys are the client's own
 * words, the coordinate is ours. Null for a path that the operation does not have.
 */
export function coordinateAt(operation: Operation, path: readonly (string | number)[]): string | null {
  const { schema } = operation;
  let parent: GraphQLNamedType | undefined = schema.getRootType(operation.type) ?? undefined;
  let selections: readonly SelectionSetNode[] = [operation.definition.selectionSet];
  let coordinate: string | null = null;
  for (const key of path) {
    if (typeof key === 'number') continue;
    const found = fieldsUnder(operation, key, parent, selections);
    const [first] = found;
    if (first === undefined) return coordinate;
    coordinate = `${first.parent.name}.${first.name}`;
    parent = first.type;
    selections = found.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]));
  }
  return coordinate;
}

interface FoundField {
  readonly parent: GraphQLNamedType;
  readonly name: string;
  readonly type: GraphQLNamedType | undefined;
  readonly selectionSet: SelectionSetNode | undefined;
}

/** The fields that answer under the key, fragments followed. */
function fieldsUnder(
  operation: Operation,
  key: string,
  parent: GraphQLNamedType | undefined,
  selections: readonly SelectionSetNode[],
): FoundField[] {
  const found: FoundField[] = [];
  const seen = new Set<string>();
  const walk = (selectionSet: SelectionSetNode, type: GraphQLNamedType | undefined): void => {
    if (!isCompositeType(type)) return;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        if (operation.clientKeyOf(selection) !== key) continue;
        const name = selection.name.value;
        const field = 'getFields' in type ? type.getFields()[name] : undefined;
        found.push({
          parent: type,
          name,
          type: field && getNamedType(field.type),
          selectionSet: selection.selectionSet,
        });
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (seen.has(selection.name.value)) continue;
        seen.add(selection.name.value);
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : operation.fragments.get(selection.name.value);
      if (fragment === undefined) continue;
      const condition = fragment.typeCondition?.name.value;
      walk(fragment.selectionSet, condition === undefined ? type : operation.schema.getType(condition));
    }
  };
  for (const selectionSet of selections) walk(selectionSet, parent);
  return found;
}
