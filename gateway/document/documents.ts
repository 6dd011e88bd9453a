import { hash } from 'node:crypto';
import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  Kind,
  MaxIntrospectionDepthRule,
  type NameNode,
  OverlappingFieldsCanBeMergedRule,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationRule,
  validate,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { HeddleError } from '#core/errors.ts';
import { IntrospectionBound } from '../directives/introspection.ts';
import { refuseOutsizedDocument } from '../directives/measure.ts';
import { type ClientError, type ClientResult, clientError, refusal } from '../errors.ts';
import { canonicalize } from './canonical-operation.ts';
import { findMergeConflicts } from './field-merging.ts';
import { withoutLargeIntegers } from './large-integers.ts';
import { type Graph, Operation, type OperationText } from './operation.ts';
import { collectFragments } from './selections.ts';
import { SingleRootFieldRule } from './single-root-field.ts';

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
 * `__typename` names the type of an object, on the way through the mesh and in clients' caches.
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

/** findMergeConflicts does the same with less work, and SingleRootFieldRule without throwing. */
const replacedRules: readonly ValidationRule[] = [
  OverlappingFieldsCanBeMergedRule,
  SingleFieldSubscriptionsRule,
];
const rules = [
  ...specifiedRules.filter((rule) => !replacedRules.includes(rule)),
  SingleRootFieldRule,
  ReservedKeysRule,
];

function documentError(error: GraphQLError): ClientError {
  // graphql-js has no other sign for its own limits than their texts.
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

/**
 * Parses and checks a document, each step of which is bounded by the ones before it. Throws what refuses it.
 */
function check(graph: Graph, bound: IntrospectionBound, query: string, tokensMax: number): DocumentNode {
  const { schema, limits } = graph;
  const document = parse(query, { maxTokens: tokensMax, maxSourceLength: limits.documentLengthMax });
  refuseOutsizedDocument(document, limits);
  const [circular] = validate(schema, document, [MaxIntrospectionDepthRule], { maxErrors: 1 });
  if (circular !== undefined) throw new HeddleError('GRAPH_COST_EXCEEDED', circular.message);
  const errors = validate(schema, document, rules, { maxErrors: validationErrorsMax });
  if (errors.length > 0) throw new AggregateError(errors);
  const conflicts = findMergeConflicts(schema, document, validationErrorsMax);
  if (conflicts.length > 0) throw new AggregateError(conflicts);
  const fragments = collectFragments(document);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) bound.refuseLarge(definition, fragments);
  }
  return document;
}

/** The offsets of fields and variables in the text, for the nodes of the same document without locations. */
function findStarts(located: DocumentNode, bare: DocumentNode): ReadonlyMap<ASTNode, number> {
  const starts: number[] = [];
  const record = (node: ASTNode) => void starts.push(node.loc?.start ?? 0);
  visit(located, { Field: record, VariableDefinition: record });
  const found = new Map<ASTNode, number>();
  const take = (node: ASTNode) => void found.set(node, starts[found.size] ?? 0);
  visit(bare, { Field: take, VariableDefinition: take });
  return found;
}

/** The refusal that an error of `check` stands for. */
function refusalBy(error: unknown): PreparedDocument {
  if (error instanceof AggregateError) return refused(error.errors.map(documentError));
  if (error instanceof GraphQLError) return refused([documentError(error)]);
  if (error instanceof HeddleError) return refused([clientError(error.code, error.message)]);
  // The parser follows the nesting by calling itself, and knows no bound of it but the stack's.
  if (error instanceof RangeError) {
    return refused([clientError('GRAPH_COST_EXCEEDED', 'The document nests too deep to be read.')]);
  }
  throw error;
}

class ValidDocument implements PreparedDocument {
  readonly refusal = undefined;
  /** What it takes in memory, roughly. */
  readonly bytes: number;
  readonly tokens: number;
  readonly #operations = new Map<string, Operation>();

  constructor(graph: Graph, query: string, located: DocumentNode) {
    this.tokens = located.tokenCount ?? 0;
    this.bytes = bytesPerDocument + query.length + this.tokens * bytesPerToken;
    // Without its places in the text, which hold every token of it, a tree takes a quarter of the memory.
    const document = withoutLargeIntegers(graph.schema, query, parse(query, { noLocation: true }));
    const starts = findStarts(located, document);
    const text: OperationText = { source: query, starts, bytes: this.bytes };
    const { schema, fields } = graph;
    const context = { schema, fields, fragments: collectFragments(document), starts };
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const operation = new Operation(graph, canonicalize(definition, context), text);
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

/** Parses, measures and validates a document once for as long as it, or its refusal, is remembered. */
export class Documents {
  readonly #graph: Graph;
  readonly #bound: IntrospectionBound;
  readonly #prepared: LRUCache<string, ValidDocument>;
  /** By the digests of their texts, so that a refused text takes no memory. */
  readonly #refused: LRUCache<string, PreparedDocument>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#bound = new IntrospectionBound(graph.schema);
    this.#prepared = new LRUCache({
      max: graph.limits.documentsMax,
      maxSize: graph.limits.documentBytesMax,
      sizeCalculation: ({ bytes }) => bytes,
    });
    this.#refused = new LRUCache({ max: graph.limits.refusedDocumentsMax });
  }

  /** True when `prepare` has nothing to do but to look it up. */
  isPrepared(query: string, isAnonymous: boolean): boolean {
    return this.#prepared.has(query) || this.#refused.has(computeDigest(query, isAnonymous));
  }

  /** The document; anonymous callers may send smaller ones than others. */
  prepare(query: string, isAnonymous: boolean): PreparedDocument {
    const { tokensMax, anonymousTokensMax } = this.#graph.limits;
    const max = isAnonymous ? Math.min(tokensMax, anonymousTokensMax) : tokensMax;
    const known = this.#prepared.get(query);
    if (known !== undefined) return known.tokens > max ? refusedToAnonymous(known.tokens, max) : known;
    const digest = computeDigest(query, isAnonymous);
    const refusedBefore = this.#refused.get(digest);
    if (refusedBefore !== undefined) return refusedBefore;
    try {
      const located = check(this.#graph, this.#bound, query, max);
      const prepared = new ValidDocument(this.#graph, query, located);
      this.#prepared.set(query, prepared);
      return prepared;
    } catch (error) {
      const prepared = refusalBy(error);
      this.#refused.set(digest, prepared);
      return prepared;
    }
  }
}

function computeDigest(query: string, isAnonymous: boolean): string {
  return (isAnonymous ? 'a' : 'k') + hash('sha256', query, 'base64');
}

function refusedToAnonymous(tokens: number, max: number): PreparedDocument {
  const message = `The document has ${tokens} tokens; ${max} are allowed without an API key.`;
  return refused([clientError('GRAPH_COST_EXCEEDED', message)]);
}
