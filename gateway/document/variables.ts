import {
  coerceInputValue,
  type GraphQLSchema,
  getVariableValues,
  isInputType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { type ClientError, clientError, withLocations } from '../errors.ts';
import type { Operation } from './operation.ts';

/** What is wrong with the value of a variable. */
export interface VariableProblem {
  readonly message: string;
  readonly definition: VariableDefinitionNode;
}

const variableErrorsMax = 20;
/** Values in variables that are shown with each of their errors. */
const shownValuesMax = 500;

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
        throw new Found(`Variable "$${name}" got an invalid value${formatPlace(name, path)}: ${message}`);
      });
    } catch (error) {
      if (error instanceof Found) return { message: error.message, definition };
      throw error;
    }
  }
  return null;
}

function formatPlace(name: string, path: readonly (string | number)[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return path.length === 0 ? '' : ` at "${name}${steps.join('')}"`;
}

/** Whether the value holds more than `shownValuesMax` others. */
function isLarge(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let seen = 0; open.length > 0; seen++) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const name in next) {
      open.push((next as Record<string, unknown>)[name]);
      if (seen + open.length > shownValuesMax) return true;
    }
  }
  return false;
}

type Variables = Readonly<Record<string, unknown>>;

/** The values of variables that an operation does not take as they are, or what is wrong with them. */
export function readVariables(
  schema: GraphQLSchema,
  operation: Operation,
  given: Variables,
):
  | { readonly variables: Variables; readonly errors?: undefined }
  | { readonly errors: readonly ClientError[] } {
  const definitions = operation.definition.variableDefinitions ?? [];
  const problem = isLarge(given) ? findVariableProblem(schema, definitions, given) : null;
  if (problem !== null) {
    const error = clientError('BAD_USER_INPUT', problem.message);
    return { errors: [withLocations(error, operation.listLocations([problem.definition]))] };
  }
  const read = getVariableValues(schema, definitions, given, { maxErrors: variableErrorsMax });
  if (read.errors === undefined) return { variables: read.coerced };
  const errors = read.errors.map(({ message, nodes = [] }) =>
    withLocations(clientError('BAD_USER_INPUT', message), operation.listLocations(nodes)),
  );
  return { errors };
}

/** The error for a variable of @skip or @include that is neither true nor false; undefined where there is none. */
export function findUndecided(operation: Operation, variables: Variables): ClientError | undefined {
  const undecided = operation.conditions.find((name) => typeof variables[name] !== 'boolean');
  if (undecided === undefined) return undefined;
  const { variableDefinitions = [] } = operation.definition;
  const declared = variableDefinitions.filter(({ variable }) => variable.name.value === undecided);
  const error = clientError('BAD_USER_INPUT', `$${undecided} decides about a field, so it cannot be null.`);
  return withLocations(error, operation.listLocations(declared));
}
