/** What a code of the catalog means, whether waiting helps, and what to do. docs/limits-and-errors.md is checked against it. */
interface ErrorDescription {
  readonly summary: string;
  readonly whatToDo: string;
}

/** Every stable error code of the graph: `errors[].extensions.code` is always one of these keys. */
export const errorCatalog = {
  UNAUTHENTICATED: {
    summary:
      'No credentials were sent, or they are unknown, expired, revoked, or of an app or tenant that is archived.',
    whatToDo: 'Send `authorization: Bearer <API key>` with a key that is in force.',
  },
  FORBIDDEN: {
    summary:
      'The caller is known but lacks a scope, is of no tenant or app where one is needed, or its key may not be used from this address.',
    whatToDo: 'Use a key that may do what the message names.',
  },
  BAD_USER_INPUT: {
    summary: 'The document, a variable or an argument is wrong.',
    whatToDo: 'Correct what the message names; sending the same again will fail again.',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    summary: 'The request names a document by a hash or an id that is not known here.',
    whatToDo:
      'Send the query with its hash, as clients of automatic persisted queries do on this code; push trusted documents before the client that uses them.',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    summary: 'The request names an automatic persisted query by its hash; this mesh keeps none.',
    whatToDo: 'Send the query itself, as clients of automatic persisted queries do on this code.',
  },
  DOCUMENT_NOT_TRUSTED: {
    summary: 'The app, or the mesh, accepts trusted documents only, and this is none.',
    whatToDo: 'Push the document with `heddle operations push`, or send the id of one that was pushed.',
  },
  NOT_FOUND: {
    summary: 'Nothing of that id or name exists, as far as the caller may see.',
    whatToDo: 'Check the id or name; the lists (models, prompts, the tenant and its apps) show what exists.',
  },
  CONFLICT: {
    summary:
      'The change contradicts what is stored: a taken name, a full list, an API key that has ended, a concurrent change, or an idempotency key used with other input.',
    whatToDo: 'Read the present state, then choose another name or key, or make room.',
  },
  QUOTA_EXCEEDED: {
    summary: 'A limit of the key, its app or its tenant has no room. Nothing was sent to a provider.',
    whatToDo: 'Wait `retryAfterMs`, or request a larger limit.',
  },
  BUDGET_EXCEEDED: {
    summary: 'A budget has no room for the upper bound of this call. Nothing was sent to a provider.',
    whatToDo: 'Lower maxOutputTokens, wait `retryAfterMs` for the next window, or raise the budget.',
  },
  MODEL_UNPRICED: {
    summary:
      'The AI model has no price, and a hard budget binds the caller: what the call costs could not be counted. Nothing was sent to a provider.',
    whatToDo:
      'An admin sets the price with `updateModel`, 0 for a model that costs nothing; or call another AI model.',
  },
  ACCESS_PENDING: {
    summary:
      'The AI model, route, prompt or plan requires approval, and the app has none that is in force. Nothing was sent to a provider.',
    whatToDo:
      'Call requestAccess, and wait for a decision; the message states what became of the last request.',
  },
  GUARDRAIL_BLOCKED: {
    summary: 'A guardrail refused the input or the output.',
    whatToDo: 'Change the content that the message names.',
  },
  GRAPH_COST_EXCEEDED: {
    summary: 'The document is too deep, too broad, too long or too costly, or its answer too long.',
    whatToDo: 'Request less: fewer aliases, smaller pages, less nesting.',
  },
  RATE_LIMITED: {
    summary:
      'Too many requests from this address, or with this key, were refused, or it holds too many connections, bytes or unread answers at once. Nothing was changed.',
    whatToDo: 'Wait `retryAfterMs`; correct what the refusals before it name.',
  },
  PROVIDER_ERROR: {
    summary:
      'The provider failed, answered nonsense, or cut its answer short; or it failed so often that it is not called for a while.',
    whatToDo: 'Try again, after `retryAfterMs` where it is set, or call a route with a fallback model.',
  },
  PROVIDER_RATE_LIMITED: {
    summary:
      'The provider refused the call because of its own limits, or because its account has no credit left.',
    whatToDo: 'Wait `retryAfterMs` where it is set, add a credential, or call a route with a fallback model.',
  },
  PROVIDER_TIMEOUT: {
    summary: 'The provider did not connect, begin, continue or finish within the time allowed.',
    whatToDo: 'Try again, or raise the timeouts of the route.',
  },
  PROVIDER_AUTH: {
    summary: 'The provider refused our credentials.',
    whatToDo: 'An admin replaces the credential with addProviderCredential.',
  },
  CONTEXT_TOO_LONG: {
    summary: 'The input, or input and requested output together, do not fit the model.',
    whatToDo: 'Shorten the input, lower maxOutputTokens, or choose a model with a larger context.',
  },
  CONTENT_FILTERED: {
    summary: "The provider's own content filter refused the input or the output.",
    whatToDo: 'Change the content.',
  },
  NO_ROUTE: {
    summary: 'No enabled model with a credential may answer this call.',
    whatToDo: 'An admin enables a provider, adds a credential, or changes the route.',
  },
  OVERLOADED: {
    summary:
      'A process is at one of its bounds or shuts down, the store or the shared state cannot be used now, or the mesh had to end the call. `notBegun: true` states that nothing was begun.',
    whatToDo: 'Wait `retryAfterMs` and call again, with the same idempotencyKey too.',
  },
  INTERNAL: {
    summary:
      'Something unexpected failed, or the process that ran the call ended before the call did. The details are in the log under the requestId.',
    whatToDo:
      'Call again where `retryAfterMs` is set, with the same idempotencyKey too; otherwise report the requestId to the operator of this mesh.',
  },
} as const satisfies Record<string, ErrorDescription>;

export type ErrorCode = keyof typeof errorCatalog;

/** What a client may read beside the message. */
export interface ErrorExtensions {
  readonly code: ErrorCode;
  /** Milliseconds after which the same call may succeed; absent where waiting does not help. */
  readonly retryAfterMs?: number;
  /** The ledger row that the failed call left. */
  readonly completionId?: string;
  /** True where nothing was begun, neither here nor at a provider: the call may be made again at once, elsewhere. */
  readonly notBegun?: boolean;
  /** The id of the log entries with details; also in the `x-request-id` header. */
  readonly requestId?: string;
  readonly [detail: string]: unknown;
}

/** 2^31 - 1: the largest Int of GraphQL, 24 days. */
const retryAfterMsMax = 2_147_483_647;

/** A waiting time as clients get it: whole milliseconds, rounded up and bounded; null for what is none. */
export function boundRetryAfterMs(value: unknown): number | null {
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) return null;
  return Math.min(Math.ceil(value), retryAfterMsMax);
}

/**
 * An error whose message and extensions are meant for the client. Everything else that is thrown is masked
 * as INTERNAL. GraphQL copies `extensions` of a thrown error into the response, so no wrapping is needed.
 */
export class HeddleError extends Error {
  readonly code: ErrorCode;
  readonly extensions: ErrorExtensions;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly extensions?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HeddleError';
    this.code = code;
    const { retryAfterMs: given, ...details } = options.extensions ?? {};
    const retryAfterMs = boundRetryAfterMs(given);
    this.extensions = { ...details, code, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  }
}

/** How long a caller waits where a process, a queue or a store has no room: what is there is done within a second, or never. */
const overloadedRetryAfterMs = 1_000;

/** The error OVERLOADED, with the time after which the same call may succeed. Further details go into its extensions. */
export function createOverloadedError(
  message: string,
  details: Partial<Omit<ErrorExtensions, 'code'>> & { readonly cause?: unknown } = {},
): HeddleError {
  const { cause, ...extensions } = details;
  return new HeddleError('OVERLOADED', message, {
    cause,
    extensions: { retryAfterMs: overloadedRetryAfterMs, ...extensions },
  });
}

/** True for a text that is a code of the catalog. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCatalog, value);
}
