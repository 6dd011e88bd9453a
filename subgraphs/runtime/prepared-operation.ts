import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  isScalarType,
  Kind,
  OperationTypeNode,
  type TypeNode,
} from 'graphql';
import { compileVariables } from '#schema/compiled-variables.ts';
import { EventDocuments } from './event-documents.ts';

type Variables = Readonly<Record<string, unknown>>;

/** What graphql-js executes. */
export interface Executed {
  readonly document: DocumentNode;
  readonly variableValues: Variables;
  readonly operationName: string | null;
}

/** What is known of an operation before a request of it comes. */
export interface PreparedOperation {
  readonly isSubscription: boolean;
  /** The operation with these variables, coerced once: for a subscription they serve all its events. */
  execution(variables: Variables | undefined): Executed;
  /** What is executed for the events of a subscription, by the names of their types. */
  eventExecution(executed: Executed): (type: string) => Executed;
}

const noVariables: Variables = Object.freeze({});
const json: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } };

/**
 * Prepares an operation of a document. graphql-js coerces all variables anew for every execution, every event of a
 * subscription included, and calls every type for every value: for a conversation of some length that costs more
 * than the rest. Here they are coerced by compiled functions, and the document that is executed declares them as plain
 * JSON, which is taken as it is.
 */
export function prepareOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): PreparedOperation {
  const operation = getOperationAST(document, operationName);
  const name = operationName ?? null;
  const isSubscription = operation?.operation === OperationTypeNode.SUBSCRIPTION;
  const asGiven = (variables: Variables = noVariables): Executed => ({
    document,
    variableValues: variables,
    operationName: name,
  });
  let documents: EventDocuments | undefined;
  const prepareEvents =
    (source: DocumentNode): PreparedOperation['eventExecution'] =>
    (executed) => {
      const named = getOperationAST(source, operationName);
      if (executed.document !== source || !named) return () => executed;
      documents ??= new EventDocuments(schema, source, named);
      const all = documents;
      const variableValues = all.variables(executed.variableValues);
      return (type) => ({ document: all.ofType(type), variableValues, operationName: name });
    };
  const definitions = operation?.variableDefinitions ?? [];
  if (!operation || definitions.length === 0 || !isScalarType(schema.getType('JSON'))) {
    return { isSubscription, execution: asGiven, eventExecution: prepareEvents(document) };
  }
  const coerce = compileVariables(schema, definitions);
  const plain = definitions.map(({ kind, variable }) => ({ kind, variable, type: json }));
  const relaxed: DocumentNode = {
    ...document,
    definitions: document.definitions.map((definition) =>
      definition === operation ? { ...operation, variableDefinitions: plain } : definition,
    ),
  };
  return {
    isSubscription,
    execution(variables = noVariables) {
      const coerced = coerce(variables) ?? getVariableValues(schema, definitions, variables).coerced;
      // Wrong ones are refused by graphql-js, in its words.
      if (coerced === undefined) return asGiven(variables);
      return { document: relaxed, variableValues: coerced, operationName: name };
    },
    eventExecution: prepareEvents(relaxed),
  };
}
