import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type ErrorCode, HeddleError } from '#core/errors.ts';

/** A request of GraphQL over HTTP, as its specification names the parts. */
export interface Parameters {
  readonly query: string;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** A request that cannot become an operation: the HTTP status says how. */
export class BadRequest extends HeddleError {
  readonly status: number;

  constructor(status: number, message: string, code: ErrorCode = 'BAD_USER_INPUT') {
    super(code, message);
    this.status = status;
  }
}

/** A body too large is read to its end and thrown away up to this many times the bound, so that its sender hears why. */
const discardedTimesMax = 8;

/** How a body is read. */
export interface BodyBounds {
  readonly bytesMax: number;
  readonly timeoutMs: number;
  /** Counts bytes that are held; throws where no more may be. */
  add(bytes: number): void;
  remove(bytes: number): void;
}

/**
 * The whole body. Rejects with BadRequest: 413 when it is larger than allowed, 408 when it takes too long, 400 when it
 * breaks off; and with what `add` throws.
 */
export function readBody(request: IncomingMessage, bounds: BodyBounds): Promise<Buffer> {
  const { bytesMax } = bounds;
  const tooLarge = () =>
    new BadRequest(413, `The body is larger than the ${bytesMax} bytes that are allowed.`);
  const discardedMax = bytesMax * discardedTimesMax;
  if (Number(request.headers['content-length'] ?? 0) > discardedMax) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    let held = 0;
    // Most bodies have come with their headers.
    const timer = request.complete
      ? undefined
      : setTimeout(() => fail(new BadRequest(408, 'The body took too long to arrive.')), bounds.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      bounds.remove(held);
      held = 0;
    };
    const fail = (error: unknown) => {
      request.pause();
      chunks = [];
      settle();
      reject(error);
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        try {
          bounds.add(chunk.length);
        } catch (error) {
          fail(error);
          return;
        }
        held += chunk.length;
        chunks.push(chunk);
        return;
      }
      chunks = [];
      if (bytes > discardedMax) fail(tooLarge());
    });
    request.on('end', () => {
      settle();
      if (bytes > bytesMax) reject(tooLarge());
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    const brokenOff = () => {
      if (!request.complete) fail(new BadRequest(400, 'The body ended before it was complete.'));
    };
    request.on('error', brokenOff);
    request.on('close', brokenOff);
  });
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
  const { query, operationName } = raw;
  const isUnsent = query === undefined || query === null || query === '';
  if (isUnsent && isRecord(raw.extensions) && isRecord(raw.extensions.persistedQuery)) {
    // Clients of automatic persisted queries know this message, and send the query itself from then on.
    throw new BadRequest(400, 'PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED');
  }
  if (typeof query !== 'string') {
    throw new BadRequest(400, query === undefined ? 'The query is missing.' : 'query must be a text.');
  }
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw new BadRequest(400, 'operationName must be a text.');
  }
  recordOrNothing(raw.extensions, 'extensions');
  return { query, operationName, variables: recordOrNothing(raw.variables, 'variables') };
}

/** The parameters in a JSON body. Throws BadRequest 400. */
export function parametersOfBody(body: Buffer): Parameters {
  // Decoding would put replacement characters into what the client said, and nobody would be told.
  if (!isUtf8(body)) throw new BadRequest(400, 'The body is no valid UTF-8.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadRequest(400, 'The body is no valid JSON.');
  }
  if (Array.isArray(parsed) && parsed.length > 0 && parsed.length <= batchMax) {
    throw new BatchRefused(parsed.length);
  }
  if (!isRecord(parsed)) throw new BadRequest(400, 'The body must be one JSON object.');
  return checked(parsed);
}

/** The parameters in the query string of a GET. Throws BadRequest 400. */
export function parametersOfUrl(search: URLSearchParams): Parameters {
  const jsonOf = (name: string): unknown => {
    const text = search.get(name);
    if (text === null || text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new BadRequest(400, `${name} is no valid JSON.`);
    }
  };
  return checked({
    query: search.get('query') ?? undefined,
    operationName: search.get('operationName') ?? undefined,
    variables: jsonOf('variables'),
    extensions: jsonOf('extensions'),
  });
}
