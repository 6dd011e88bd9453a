import type { DocumentSource } from '../../document/document-source.ts';
import { BadRequest } from '../../http/problem.ts';

/** Characters of a name of a document: hashes have at most 128. */
const nameCharactersMax = 200;

/** The fields by which clients name a stored document: GraphQL over HTTP, then Relay. */
const idFields = ['documentId', 'doc_id', 'id'] as const;

type Raw = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkedName(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= nameCharactersMax) return value;
  throw new BadRequest(400, `${field} must be a text of 1 to ${nameCharactersMax} characters.`);
}

/** The hash of an automatic persisted query, or the id of a manifest of Apollo. */
function readHash(extensions: unknown): string | undefined {
  if (!isRecord(extensions)) return undefined;
  const { persistedQuery } = extensions;
  if (persistedQuery === undefined || persistedQuery === null) return undefined;
  if (!isRecord(persistedQuery) || persistedQuery.sha256Hash === undefined) {
    throw new BadRequest(400, 'extensions.persistedQuery must be an object with a sha256Hash.');
  }
  if ((persistedQuery.version ?? 1) !== 1) {
    throw new BadRequest(400, 'extensions.persistedQuery must have version 1.');
  }
  return checkedName(persistedQuery.sha256Hash, 'extensions.persistedQuery.sha256Hash');
}

/**
 * The document that a request names: by `query`, `extensions.persistedQuery`, `documentId`, `doc_id` or `id`. An empty text
 * counts as none: graphql-ws requires one. Throws BadRequest 400.
 */
export function readDocumentSource(raw: Raw): DocumentSource {
  const query = raw.query === null || raw.query === '' ? undefined : raw.query;
  const hash = readHash(raw.extensions);
  if (query !== undefined) {
    if (typeof query !== 'string') throw new BadRequest(400, 'query must be a text.');
    if (raw.documentId != null) throw new BadRequest(400, 'Send either query or documentId.');
    return hash === undefined ? { query } : { query, hash };
  }
  if (hash !== undefined) return { hash };
  const field = idFields.find((name) => raw[name] !== undefined && raw[name] !== null);
  if (field === undefined) throw new BadRequest(400, 'The query is missing.');
  return { id: checkedName(raw[field], field) };
}
