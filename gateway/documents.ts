import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  MaxIntrospectionDepthRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { HeddleError } from '#schema/errors.ts';
import { refuseOutsizedDocument } from './directives/measure.ts';
import { type ClientError, type ClientResult, clientError, refusal } from './errors.ts';
import { type Graph, Operation } from './execution/operation.ts';

/** A document that may run, or the answer that refuses it. */
export interface PreparedDocument {
  readonly refusal: ClientResult | undefined;
  /** The operation of that name, or the only one; a refusal when there is no such choice. */
  operation(name: string | null | undefined): Operation | ClientResult;
}

const validationErrorsMax = 20;

function syntaxError(error: GraphQLError): ClientError {
  // The parser has no other sign for its token limit than its text.
  const code = error.message.includes('Parsing aborted') ? 'GRAPH_COST_EXCEEDED' : 'BAD_USER_INPUT';
  return {
    ...clientError(code, error.message),
    ...(error.locations === undefined ? {} : { locations: error.locations }),
  };
}

function refused(errors: readonly ClientError[]): PreparedDocument {
  const answer: ClientResult = { errors };
  return { refusal: answer, operation: () => answer };
}

function prepare(graph: Graph, query: string): PreparedDocument {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: graph.limits.tokensMax });
    refuseOutsizedDocument(document, graph.limits);
  } catch (error) {
    if (error instanceof GraphQLError) return refused([syntaxError(error)]);
    if (error instanceof HeddleError) return refused([clientError(error.code, error.message)]);
    // The parser follows the nesting by calling itself, and knows no bound of it but the stack's.
    if (error instanceof RangeError) {
      return refused([clientError('GRAPH_COST_EXCEEDED', 'The document nests too deep to be read.')]);
    }
    throw error;
  }
  const [circular] = validate(graph.schema, document, [MaxIntrospectionDepthRule], { maxErrors: 1 });
  if (circular !== undefined) return refused([clientError('GRAPH_COST_EXCEEDED', circular.message)]);
  const errors = validate(graph.schema, document, specifiedRules, { maxErrors: validationErrorsMax });
  if (errors.length > 0) return refused(errors.map(syntaxError));
  return new ValidDocument(graph, document);
}

class ValidDocument implements PreparedDocument {
  readonly refusal = undefined;
  readonly #operations = new Map<string, Operation>();

  constructor(graph: Graph, document: DocumentNode) {
    const fragments = new Map<string, FragmentDefinitionNode>();
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    }
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      this.#operations.set(definition.name?.value ?? '', new Operation(graph, definition, fragments));
    }
  }

  operation(name: string | null | undefined): Operation | ClientResult {
    if (name === null || name === undefined || name === '') {
      const [only] = this.#operations.values();
      if (only !== undefined && this.#operations.size === 1) return only;
      return refusal('BAD_USER_INPUT', 'The document has several operations; name one in operationName.');
    }
    return (
      this.#operations.get(name) ?? refusal('BAD_USER_INPUT', `The document has no operation named ${name}.`)
    );
  }
}

/** Parses, measures and validates a document once for as long as it is remembered; bounded in number and size. */
export class Documents {
  readonly #graph: Graph;
  readonly #prepared: LRUCache<string, PreparedDocument>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#prepared = new LRUCache({
      max: graph.limits.documentsMax,
      maxSize: graph.limits.documentCharactersMax,
      sizeCalculation: (_, query) => query.length + 1,
    });
  }

  prepare(query: string): PreparedDocument {
    let prepared = this.#prepared.get(query);
    if (prepared === undefined) {
      prepared = prepare(this.#graph, query);
      this.#prepared.set(query, prepared);
    }
    return prepared;
  }
}
