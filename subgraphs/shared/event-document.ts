import {
  type DocumentNode,
  type GraphQLSchema,
  isInputObjectType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  type TypeNode,
  typeFromAST,
  visit,
} from 'graphql';

/**
 * The document that a subscription's events are executed with. graphql-js coerces all variables anew for every event,
 * which for a conversation of some length costs more than everything else that is done with a token. Input objects
 * that only the subscribed field's own arguments use were coerced when it was subscribed, and no event looks at them:
 * here they are declared as plain JSON, which is taken as it is.
 */
export function eventDocumentOf(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  if (!isScalarType(schema.getType('JSON'))) return document;
  const inner = new Set<string>();
  const note = {
    Variable: ({ name }: { readonly name: { readonly value: string } }) => void inner.add(name.value),
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) visit(definition, note);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const selection of definition.selectionSet.selections) {
      for (const directive of selection.directives ?? []) visit(directive, note);
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection, note);
      else if (selection.selectionSet) visit(selection.selectionSet, note);
    }
  }
  const relaxed = (operation: OperationDefinitionNode): OperationDefinitionNode => ({
    ...operation,
    variableDefinitions: (operation.variableDefinitions ?? []).map((definition) =>
      inner.has(definition.variable.name.value) || !isInputObject(schema, definition.type)
        ? definition
        : { ...definition, type: json },
    ),
  });
  return {
    ...document,
    definitions: document.definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? relaxed(definition) : definition,
    ),
  };
}

const json: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } };

function isInputObject(schema: GraphQLSchema, type: TypeNode): boolean {
  return type.kind === Kind.NAMED_TYPE
    ? isInputObjectType(typeFromAST(schema, type))
    : isInputObject(schema, type.type);
}
