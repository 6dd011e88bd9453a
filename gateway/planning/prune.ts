import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { collectFragments, typenameField } from '../document/selections.ts';

type Possible = ReadonlySet<GraphQLObjectType>;

/**
 * The same operation with its fragments written out, and without type conditions that always or never hold: the
 * planner loses its way in those. Takes a valid document of one operation that has no conditions on variables.
 */
export function pruneTypeConditions(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const fragments = collectFragments(document);
  const findPossible = (type: GraphQLCompositeType): Possible =>
    new Set(isAbstractType(type) ? schema.getPossibleTypes(type) : [type]);

  const pruneField = (field: FieldNode, parent: GraphQLCompositeType): FieldNode => {
    const definition = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined;
    const type = definition && getNamedType(definition.type);
    if (field.selectionSet === undefined || !isCompositeType(type)) return field;
    const selections = prune(field.selectionSet, type, findPossible(type));
    const selectionSet = {
      ...field.selectionSet,
      selections: selections.length > 0 ? selections : [typenameField],
    };
    return { ...field, selectionSet };
  };

  const prune = (set: SelectionSetNode, parent: GraphQLCompositeType, possible: Possible): SelectionNode[] =>
    set.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return [pruneField(selection, parent)];
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined) return [];
      const named = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent;
      if (!isCompositeType(named)) return [];
      const left = new Set([...findPossible(named)].filter((type) => possible.has(type)));
      const [first] = left;
      if (first === undefined) return [];
      const isAlways =
        named === parent ||
        (left.size === possible.size &&
          (isObjectType(parent) || (isAbstractType(named) && schema.isSubType(named, parent as never))));
      if (isAlways) return prune(fragment.selectionSet, parent, possible);
      const narrowed = left.size === 1 ? first : named;
      const selections = prune(fragment.selectionSet, narrowed, left);
      if (selections.length === 0) return [];
      return [
        {
          kind: Kind.INLINE_FRAGMENT,
          typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: narrowed.name } },
          selectionSet: { kind: Kind.SELECTION_SET, selections },
        },
      ];
    });

  const definitions = document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    const root = schema.getRootType(definition.operation);
    if (!root) return [];
    const selections = prune(definition.selectionSet, root, new Set([root]));
    return [{ ...definition, selectionSet: { ...definition.selectionSet, selections } }];
  });
  return { kind: Kind.DOCUMENT, definitions };
}
