import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { LRUCache } from 'lru-cache';

const DOCUMENTS_MAX = 1_000;
const DOCUMENT_LENGTH_MAX = 200_000;

/** Parses and validates what a socket sends, once per text: the same text is the same DocumentNode. */
export function createServedDocuments(
  schema: GraphQLSchema,
): (query: string) => DocumentNode | readonly GraphQLError[] {
  const documents = new LRUCache<string, DocumentNode>({ max: DOCUMENTS_MAX });
  return (query) => {
    const known = documents.get(query);
    if (known) return known;
    if (query.length > DOCUMENT_LENGTH_MAX) return [refused('The document is too long.')];
    let document: DocumentNode;
    try {
      document = parse(query, { noLocation: true });
    } catch (error) {
      return [refused(error instanceof Error ? error.message : String(error))];
    }
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map((error) => refused(error.message));
    documents.set(query, document);
    return document;
  };
}

function refused(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
