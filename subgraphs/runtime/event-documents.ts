import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** Stands for an object of which an execution reads nothing. */
const placeholder = Object.freeze({});

/**
 * What is executed for the events of a subscription. graphql-js collects the fields of an event by trying every fragment
 * of the document, and coerces the variables anew: here a document for each type of event has its fields alone, and
 * variables that only the subscription's own field takes, such as a whole conversation, are left out.
 */
export class EventDocuments {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  readonly #operation: OperationDefinitionNode;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #ofTypes = new Map<string, DocumentNode>();
  readonly #read: ReadonlySet<string>;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#document = document;
    this.#operation = operation;
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
    this.#read = findReadVariables(document, operation);
  }

  /** The document for an event of the type; the whole one where the schema has no such type. */
  ofType(name: string): DocumentNode {
    const known = this.#ofTypes.get(name);
    if (known !== undefined) return known;
    if (!isObjectType(this.#schema.getType(name))) return this.#document;
    const narrowed: OperationDefinitionNode = {
      ...this.#operation,
      selectionSet: {
        ...this.#operation.selectionSet,
        selections: this.#operation.selectionSet.selections.map((selection) =>
          selection.kind === Kind.FIELD ? this.#narrowField(selection, name) : selection,
        ),
      },
    };
    const document = {
      ...this.#document,
      definitions: this.#document.definitions.map((definition) =>
        definition === this.#operation ? narrowed : definition,
      ),
    };
    this.#ofTypes.set(name, document);
    return document;
  }

  /** The variables that an event may read. */
  variables(given: Variables): Variables {
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        typeof value !== 'object' || value === null || this.#read.has(name) ? value : placeholder,
      ]),
    );
  }

  #narrowField(field: FieldNode, name: string): FieldNode {
    const { selectionSet } = field;
    if (selectionSet === undefined) return field;
    return {
      ...field,
      selectionSet: { ...selectionSet, selections: this.#narrow(selectionSet.selections, name) },
    };
  }

  #narrow(selections: readonly SelectionNode[], name: string): readonly SelectionNode[] {
    return selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD || (selection.directives ?? []).length > 0) return [selection];
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
      if (fragment === undefined) return [selection];
      if (!this.#isFor(fragment.typeCondition?.name.value ?? name, name)) return [];
      return this.#narrow(fragment.selectionSet.selections, name);
    });
  }

  #isFor(condition: string, name: string): boolean {
    if (condition === name) return true;
    const [abstract, object] = [this.#schema.getType(condition), this.#schema.getType(name)];
    return isAbstractType(abstract) && isObjectType(object) && this.#schema.isSubType(abstract, object);
  }
}

/** Those outside the arguments of the operation's own fields. */
function findReadVariables(document: DocumentNode, operation: OperationDefinitionNode): ReadonlySet<string> {
  const own = new Set(
    operation.selectionSet.selections.flatMap((selection) =>
      selection.kind === Kind.FIELD ? (selection.arguments ?? []) : [],
    ),
  );
  const read = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Argument: (argument) => (own.has(argument) ? false : undefined),
    Variable: ({ name }) => {
      read.add(name.value);
    },
  });
  return read;
}
