import { expectError } from '#core/expect-error.ts';
import type { DocumentSource } from '../../document/document-source.ts';
import { BadRequest } from '../../http/problem.ts';
import { readDocumentSource } from './document-source.ts';

/** A request of GraphQL over HTTP, as its specification names the parts. */
export interface Parameters {
  readonly source: DocumentSource;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** Operations of a batch that are each answered with the refusal. */
const batchMax = 100;

/** A body with several operations, each of which is answered with the refusal: Apollo's BatchHttpLink shows it then. */
export class BatchRefused extends BadRequest {
  readonly operations: number;

  constructor(operations: number) {
    super(
      400,
      'Batches are not supported: send each operation in a request of its own (HttpLink, not BatchHttpLink).',
    );
    this.operations = operations;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordOrNothing(value: unknown, name: string): Record<string, unknown> | null | undefined {
  if (value === undefined || value === null || isRecord(value)) return value;
  throw new BadRequest(400, `${name} must be an object.`);
}

function checked(raw: Readonly<Record<string, unknown>>): Parameters {
  const { operationName } = raw;
  recordOrNothing(raw.extensions, 'extensions');
  const source = readDocumentSource(raw);
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw new BadRequest(400, 'operationName must be a text.');
  }
  return { source, operationName, variables: recordOrNothing(raw.variables, 'variables') };
}

/** The parameters in a body of JSON. Throws BadRequest 400. */
export function parametersOfBody(parsed: unknown): Parameters {
  if (Array.isArray(parsed) && parsed.length > 0 && parsed.length <= batchMax) {
    throw new BatchRefused(parsed.length);
  }
  if (!isRecord(parsed)) throw new BadRequest(400, 'The body must be one JSON object.');
  return checked(parsed);
}

/** The parameters in the query string of a GET. Throws BadRequest 400. */
export function parametersOfUrl(search: URLSearchParams): Parameters {
  const parseJsonParameter = (name: string): unknown => {
    const text = search.get(name);
    if (text === null || text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      expectError(error, SyntaxError);
      throw new BadRequest(400, `${name} is no valid JSON.`);
    }
  };
  return checked({
    ...Object.fromEntries(
      ['query', 'documentId', 'doc_id', 'id'].map((name) => [name, search.get(name) ?? undefined]),
    ),
    operationName: search.get('operationName') ?? undefined,
    variables: parseJsonParameter('variables'),
    extensions: parseJsonParameter('extensions'),
  });
}
