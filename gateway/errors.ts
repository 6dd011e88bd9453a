import type { GraphQLFormattedError, SourceLocation } from 'graphql';
import type { Logger } from 'pino';
import { type ErrorCode, HeddleError, isErrorCode } from '#core/errors.ts';

/** An error as the client reads it. */
export type ClientError = GraphQLFormattedError;

/** A result as the client reads it; without `data` it is a refusal before execution. */
export interface ClientResult {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly ClientError[];
}

/** Errors listed in one response at most; a page of denied fields would otherwise repeat itself without end. */
export const errorsMax = 100;

/** Characters of a message that is shown: it may repeat a text of the client's, which may be as long as a body. */
const messageLengthMax = 2_000;

function shorten(message: string): string {
  return message.length <= messageLengthMax ? message : `${message.slice(0, messageLengthMax)}…`;
}

type Path = readonly (string | number)[];

export function clientError(
  code: ErrorCode,
  message: string,
  path?: Path,
  details?: Readonly<Record<string, unknown>>,
): ClientError {
  return {
    message: shorten(message),
    ...(path === undefined ? {} : { path }),
    extensions: { ...details, code },
  };
}

/** The error with where in the client's text it arises. */
export function withLocations(error: ClientError, locations: readonly SourceLocation[]): ClientError {
  const { message, ...rest } = error;
  return locations.length === 0 ? error : { message, locations, ...rest };
}

/** A refusal of the whole request. */
export function refusal(code: ErrorCode, message: string, details?: Record<string, unknown>): ClientResult {
  return { errors: [clientError(code, message, undefined, details)] };
}

/** What an error of a subgraph or of ours looks like, wherever it was made. */
interface AnyError {
  readonly message?: unknown;
  readonly path?: unknown;
  readonly extensions?: unknown;
}

interface PresentedRequest {
  readonly requestId: string;
  readonly log: Logger;
  /** The field that a path leads to: a path itself has the client's words and is not logged. */
  readonly fieldAt?: (path: Path) => string | null;
}

/**
 * The error as the client may see it: one that carries a code of the catalog passes, everything else becomes
 * INTERNAL with the request's id and is logged.
 */
export function presentError(error: unknown, request: PresentedRequest, path?: Path): ClientError {
  const { message, extensions, path: ownPath } = (error ?? {}) as AnyError;
  const at = path ?? (Array.isArray(ownPath) ? (ownPath as Path) : undefined);
  const details =
    typeof extensions === 'object' && extensions !== null ? (extensions as Record<string, unknown>) : {};
  if (typeof message === 'string' && isErrorCode(details.code)) {
    const { code, stacktrace: _, ...rest } = details;
    if (code === 'INTERNAL') rest.requestId ??= request.requestId;
    // Ours, about a subgraph that was not reached: the client hears which, the log also hears why.
    if (error instanceof HeddleError && error.cause !== undefined) {
      request.log.warn({ event: 'subgraph_failed', err: error, ...describeRequest(request, at) }, message);
    }
    return clientError(code as ErrorCode, message, at, rest);
  }
  request.log.error(
    { event: 'unexpected_error', err: error, ...describeRequest(request, at) },
    'unexpected error',
  );
  const masked = 'An unexpected error occurred. Find its cause in the log under the requestId.';
  return clientError('INTERNAL', masked, at, { requestId: request.requestId });
}

function describeRequest({ requestId, fieldAt }: PresentedRequest, path: Path | undefined) {
  const field = path === undefined ? undefined : fieldAt?.(path);
  return { requestId, ...(field == null ? {} : { field }) };
}

/** A thrown error as a whole result. */
export function presentFailure(error: unknown, request: PresentedRequest): ClientResult {
  return { errors: [presentError(error, request)] };
}

/** The HeddleError that a limit of the document makes. */
export function tooCostly(message: string, extensions: Readonly<Record<string, unknown>> = {}): HeddleError {
  return new HeddleError('GRAPH_COST_EXCEEDED', message, { extensions });
}
