import {
  type DocumentNode,
  GraphQLError,
  Kind,
  MaxIntrospectionDepthRule,
  type NameNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { HeddleError } from '#schema/errors.ts';
import { refuseOutsizedDocument } from './directives/measure.ts';
import { type ClientError, type ClientResult, clientError, refusal } from './errors.ts';
import { type DistinctDocument, withDistinctKeys } from './execution/distinct-keys.ts';
import { fragmentsOf } from './execution/fragments.ts';
import { type Graph, Operation } from './execution/operation.ts';

/** A document that may run, or the answer that refuses it. */
export interface PreparedDocument {
  readonly refusal: ClientResult | undefined;
  /** The operation of that name, or the only one; a refusal when there is no such choice. */
  operation(name: string | null | undefined): Operation | ClientResult;
}

const validationErrorsMax = 20;

/** Characters of a message: it may repeat a name, and a name may be as long as the document. */
const messageCharactersMax = 1_000;

/** What a document takes, and for each of its tokens, with what is derived from it; a program of it takes as much again. */
const bytesPerDocument = 4_096;
const bytesPerToken = 320;

/**
 * As a key of an answer or of the variables, `__proto__` would stand for the prototype of the object instead;
 * `__typename` tells the type of an object, on the way through the mesh and in clients' caches.
 */
const ReservedKeysRule: ValidationRule = (context) => {
  const refuse = (name: NameNode) =>
    context.reportError(new GraphQLError(`The name ${name.value} is reserved.`, { nodes: name }));
  return {
    Field({ alias, name }) {
      const isTypename = alias?.value === '__typename' && name.value !== '__typename';
      if (alias !== undefined && (isTypename || alias.value === '__proto__')) refuse(alias);
    },
    VariableDefinition({ variable: { name } }) {
      if (name.value === '__proto__') refuse(name);
    },
  };
};

const rules = [...specifiedRules, ReservedKeysRule];

function documentError(error: GraphQLError): ClientError {
  // graphql-js has no other sign for its own limits than their texts.
  if (error.message === 'Validation aborted.') {
    return clientError(
      'GRAPH_COST_EXCEEDED',
      'The document asks for the same fields too often to be checked.',
    );
  }
  const code = error.message.includes('Parsing aborted') ? 'GRAPH_COST_EXCEEDED' : 'BAD_USER_INPUT';
  return {
    ...clientError(code, error.message.slice(0, messageCharactersMax)),
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
    if (error instanceof GraphQLError) return refused([documentError(error)]);
    if (error instanceof HeddleError) return refused([clientError(error.code, error.message)]);
    // The parser follows the nesting by calling itself, and knows no bound of it but the stack's.
    if (error instanceof RangeError) {
      return refused([clientError('GRAPH_COST_EXCEEDED', 'The document nests too deep to be read.')]);
    }
    throw error;
  }
  const [circular] = validate(graph.schema, document, [MaxIntrospectionDepthRule], { maxErrors: 1 });
  if (circular !== undefined) return refused([clientError('GRAPH_COST_EXCEEDED', circular.message)]);
  const errors = validate(graph.schema, document, rules, { maxErrors: validationErrorsMax });
  if (errors.length > 0) return refused(errors.map(documentError));
  // Without its places in the text, which hold every token of it, a tree takes a quarter of the memory.
  const bytes = bytesPerDocument + query.length + (document.tokenCount ?? 0) * bytesPerToken;
  return new ValidDocument(graph, withDistinctKeys(parse(query, { noLocation: true })), bytes);
}

class ValidDocument implements PreparedDocument {
  readonly refusal = undefined;
  /** What it takes in memory, roughly. */
  readonly bytes: number;
  readonly #operations = new Map<string, Operation>();

  constructor(graph: Graph, { document, clientKeys }: DistinctDocument, bytes: number) {
    this.bytes = bytes;
    const fragments = fragmentsOf(document);
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const operation = new Operation(graph, definition, fragments, clientKeys, bytes);
      this.#operations.set(definition.name?.value ?? '', operation);
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

/** Parses, measures and validates a document that may run once for as long as it is remembered. */
export class Documents {
  readonly #graph: Graph;
  readonly #prepared: LRUCache<string, ValidDocument>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#prepared = new LRUCache({
      max: graph.limits.documentsMax,
      maxSize: graph.limits.documentBytesMax,
      sizeCalculation: ({ bytes }) => bytes,
    });
  }

  prepare(query: string): PreparedDocument {
    const known = this.#prepared.get(query);
    if (known !== undefined) return known;
    const prepared = prepare(this.#graph, query);
    if (prepared instanceof ValidDocument) this.#prepared.set(query, prepared);
    return prepared;
  }
}
