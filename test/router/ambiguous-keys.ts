import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  print,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { listFieldNames } from './operations.ts';

const printSignature = ({ name, arguments: given = [] }: FieldNode) =>
  `${name.value}(${given.map(print).sort().join()})`;

/** True where objects of different types are asked for different fields under one key: it ends the planner's process. */
export function hasAmbiguousKeys(document: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const isAmbiguous = (place: readonly SelectionSetNode[]): boolean => {
    const signatures = new Map<string, string>();
    const below = new Map<string, SelectionSetNode[]>();
    const collect = ({ selections }: SelectionSetNode): boolean =>
      selections.some((selection) => {
        if (selection.kind !== Kind.FIELD) {
          const fragment =
            selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
          return fragment !== undefined && collect(fragment.selectionSet);
        }
        const key = selection.alias?.value ?? selection.name.value;
        const signature = printSignature(selection);
        if ((signatures.get(key) ?? signature) !== signature) return true;
        signatures.set(key, signature);
        if (selection.selectionSet !== undefined)
          below.set(key, [...(below.get(key) ?? []), selection.selectionSet]);
        return false;
      });
    return place.some(collect) || [...below.values()].some(isAmbiguous);
  };
  return document.definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && isAmbiguous([definition.selectionSet]),
  );
}

/** True where a field goes under the name of another. */
export function hasBorrowedKeys(schema: GraphQLSchema, document: DocumentNode): boolean {
  const names = new Set(listFieldNames(schema));
  let isFound = false;
  visit(document, {
    Field({ alias, name }) {
      if (alias !== undefined && alias.value !== name.value && names.has(alias.value)) isFound = true;
    },
  });
  return isFound;
}
