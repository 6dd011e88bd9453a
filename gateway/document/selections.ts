import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** The fragments of a document by their names. */
export function collectFragments(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** Stands where a selection would otherwise be left with nothing. */
export const typenameField: FieldNode = {
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: '__typename' },
};

/** True when a selection with these directives takes part in one run. */
export type IsIncluded = (directives: readonly DirectiveNode[] | undefined) => boolean;

/** The variables on which @skip and @include of an operation depend, fragments followed. */
export function conditionVariables(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const walk = (selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      for (const directive of selection.directives ?? []) {
        for (const { value } of directive.arguments ?? []) {
          if (value.kind === Kind.VARIABLE) found.add(value.name.value);
        }
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet !== undefined) walk(selection.selectionSet);
        continue;
      }
      const fragment = fragments.get(selection.name.value);
      if (fragment === undefined || seen.has(selection.name.value)) continue;
      seen.add(selection.name.value);
      walk(fragment.selectionSet);
    }
  };
  walk(operation.selectionSet);
  return [...found];
}

/** The result of @skip and @include with these variables. */
export function inclusionBy(variables: Readonly<Record<string, unknown>>): IsIncluded {
  return (directives) => {
    for (const directive of directives ?? []) {
      const isSkip = directive.name.value === 'skip';
      const value = directive.arguments?.[0]?.value;
      if (value === undefined || (!isSkip && directive.name.value !== 'include')) continue;
      const holds =
        value.kind === Kind.VARIABLE
          ? variables[value.name.value] === true
          : value.kind === Kind.BOOLEAN && value.value;
      if (holds === isSkip) return false;
    }
    return true;
  };
}
