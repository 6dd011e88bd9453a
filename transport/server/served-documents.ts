import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { withoutSuggestion } from '#core/text/suggest-name.ts';

const documentsMax = 1_000;
/** Of all that are remembered together, roughly. */
const bytesMax = 64 * 1024 * 1024;
const bytesPerToken = 100;
const closedRules = [...specifiedRules, NoSchemaIntrospectionCustomRule];

/** Parses and validates what a socket sends, once per text: while it is remembered, the same text is the same DocumentNode. */
export function createServedDocuments(
  schema: GraphQLSchema,
  introspection = true,
): (query: string) => DocumentNode | readonly GraphQLError[] {
  const documents = new LRUCache<string, DocumentNode>({
    max: documentsMax,
    maxSize: bytesMax,
    sizeCalculation: ({ tokenCount = 0 }, query) => query.length + tokenCount * bytesPerToken,
  });
  return (query) => {
    const known = documents.get(query);
    if (known) return known;
    let document: DocumentNode;
    try {
      document = parse(query, { noLocation: true });
    } catch (error) {
      return [refused(error instanceof Error ? error.message : String(error))];
    }
    const errors = validate(schema, document, introspection ? specifiedRules : closedRules);
    if (errors.length > 0) {
      return errors.map(({ message }) => refused(introspection ? message : withoutSuggestion(message)));
    }
    documents.set(query, document);
    return document;
  };
}

function refused(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
