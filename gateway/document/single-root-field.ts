import { type FieldNode, GraphQLError, Kind, type SelectionSetNode, type ValidationRule } from 'graphql';
import { responseKey } from './canonical-operation.ts';

/**
 * A subscription selects one field at its root, no condition decides about it, and it is not of the schema itself
 * (GraphQL spec, September 2025, section 5.2.4.1). The rule of graphql-js evaluates conditions without variables, and
 * throws where they depend on one.
 */
export const SingleRootFieldRule: ValidationRule = (context) => ({
  OperationDefinition({ operation, name, selectionSet }) {
    if (operation !== 'subscription') return;
    const subscription = name === undefined ? 'Anonymous Subscription' : `Subscription "${name.value}"`;
    const fields = new Map<string, FieldNode[]>();
    const seen = new Set<string>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        const conditions = (selection.directives ?? []).filter((directive) =>
          ['skip', 'include'].includes(directive.name.value),
        );
        if (conditions.length > 0) {
          const message = `${subscription} must not use @skip or @include in its top level selection.`;
          context.reportError(new GraphQLError(message, { nodes: conditions }));
        }
        if (selection.kind === Kind.FIELD) {
          const key = responseKey(selection);
          fields.set(key, [...(fields.get(key) ?? []), selection]);
          continue;
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          if (seen.has(selection.name.value)) continue;
          seen.add(selection.name.value);
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : context.getFragment(selection.name.value);
        if (fragment) collect(fragment.selectionSet);
      }
    };
    collect(selectionSet);
    const [, ...others] = fields.values();
    if (others.length > 0) {
      const message = `${subscription} must select only one top level field.`;
      context.reportError(new GraphQLError(message, { nodes: others.flat() }));
    }
    for (const group of fields.values()) {
      if (group[0]?.name.value.startsWith('__') !== true) continue;
      const message = `${subscription} must not select an introspection top level field.`;
      context.reportError(new GraphQLError(message, { nodes: group }));
    }
  },
});
