import {
  type FieldNode,
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Operation } from './document/operation.ts';

/**
 * The field of the schema that a path of an answer leads to, such as "Mutation.complete": its keys are the client's own
 * words unless `toKey` states otherwise, the coordinate is ours. Null for a path that the operation does not have.
 */
export function coordinateAt(
  operation: Operation,
  path: readonly (string | number)[],
  toKey: (field: FieldNode) => string = (field) => operation.readClientKey(field),
): string | null {
  const { schema } = operation;
  let parent: GraphQLNamedType | undefined = schema.getRootType(operation.type) ?? undefined;
  let selections: readonly SelectionSetNode[] = [operation.definition.selectionSet];
  let coordinate: string | null = null;
  for (const key of path) {
    if (typeof key === 'number') continue;
    const found = fieldsUnder(operation, (field) => toKey(field) === key, parent, selections);
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

/** The wanted fields of the selections, which have no fragment spreads. */
function fieldsUnder(
  operation: Operation,
  isWanted: (field: FieldNode) => boolean,
  parent: GraphQLNamedType | undefined,
  selections: readonly SelectionSetNode[],
): FoundField[] {
  const found: FoundField[] = [];
  const walk = (selectionSet: SelectionSetNode, type: GraphQLNamedType | undefined): void => {
    if (!isCompositeType(type)) return;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        if (!isWanted(selection)) continue;
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
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      const condition = selection.typeCondition?.name.value;
      walk(selection.selectionSet, condition === undefined ? type : operation.schema.getType(condition));
    }
  };
  for (const selectionSet of selections) walk(selectionSet, parent);
  return found;
}
