import {
  coerceInputValue,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

/** What is wrong with the value of a variable. */
export interface VariableProblem {
  readonly message: string;
  readonly definition: VariableDefinitionNode;
}

class Found extends Error {}

/**
 * The first problem of large values, in a time that their size alone decides: the messages of graphql-js would each show
 * the whole value. Null where graphql-js finds none either.
 */
export function findVariableProblem(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Readonly<Record<string, unknown>>,
): VariableProblem | null {
  for (const definition of definitions) {
    const name = definition.variable.name.value;
    const type: unknown = typeFromAST(schema, definition.type as Parameters<typeof typeFromAST>[1]);
    if (!isInputType(type) || !Object.hasOwn(given, name)) continue;
    if (given[name] === null && isNonNullType(type)) continue;
    try {
      coerceInputValue(given[name], type, (path, _value, { message }) => {
        throw new Found(`Variable "$${name}" got an invalid value${placeOf(name, path)}: ${message}`);
      });
    } catch (error) {
      if (error instanceof Found) return { message: error.message, definition };
      throw error;
    }
  }
  return null;
}

function placeOf(name: string, path: readonly (string | number)[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return path.length === 0 ? '' : ` at "${name}${steps.join('')}"`;
}
