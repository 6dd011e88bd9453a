import { type ConstDirectiveNode, type DirectiveNode, valueFromASTUntyped } from 'graphql';

/** The values of a directive, by the names of its arguments. */
export function readArguments(directive: DirectiveNode | ConstDirectiveNode): Record<string, unknown> {
  return Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
}
