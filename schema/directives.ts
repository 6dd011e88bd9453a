import { type ConstDirectiveNode, type DirectiveNode, valueFromASTUntyped } from 'graphql';

/** What a directive was given, by the names of its arguments. */
export function readArguments(directive: DirectiveNode | ConstDirectiveNode): Record<string, unknown> {
  return Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
}
