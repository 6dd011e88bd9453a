/** The bounds of one gateway process. Every one of them refuses with a coded error; none is ever exceeded. */
export interface GatewayLimits {
  /** Bytes of an HTTP request's body or of one WebSocket message. */
  readonly bodyBytesMax: number;
  /** The same for calls of AI models over REST with a key, which hold whole conversations with their images and files. */
  readonly callBodyBytesMax: number;
  /** Bytes of a body or message of callers without a key. */
  readonly anonymousBodyBytesMax: number;
  /** Bytes of bodies and messages that are being read, in all; one client, and all without a key, may hold a quarter. */
  readonly bodiesBytesMax: number;
  /** Milliseconds for a body to arrive, for each MiB that it may have; a third of it without a key. */
  readonly bodyTimeoutMs: number;
  /** Refused requests of an address, each second; ten times as many may come at once, and five times as many of a key. */
  readonly refusalsPerSecond: number;
  /** Lexical tokens of a document. */
  readonly tokensMax: number;
  /** Lexical tokens of a document of a caller without a key. */
  readonly anonymousTokensMax: number;
  /** Characters of a document. */
  readonly documentLengthMax: number;
  /** Operations and fragments of a document. */
  readonly operationsMax: number;
  readonly fragmentsMax: number;
  /** Variables that an operation declares. */
  readonly variablesMax: number;
  /** Fields nested in fields, fragments followed; introspection is bounded by its own rule. */
  readonly depthMax: number;
  /** Aliases in an operation, fragments counted once for each use. */
  readonly aliasesMax: number;
  /** Fields at the root of an operation. */
  readonly rootFieldsMax: number;
  /** Fields of a document's operations in all, fragments counted once for each use. */
  readonly fieldsMax: number;
  /** Static cost of an operation; directives/cost.ts states how it is counted. */
  readonly costMax: number;
  /** Characters of an answer, or of one event of a subscription. */
  readonly answerCharactersMax: number;
  /** Bytes of answers that clients leave unread, in all; one that leaves more than a quarter gets no further answer. */
  readonly unreadBytesMax: number;
  /** Objects assumed in a list that states nothing of its size. */
  readonly listSizeAssumed: number;
  /** Documents remembered, and the bytes that they, and the programs of them, may each take together, roughly. */
  readonly documentsMax: number;
  readonly documentBytesMax: number;
  /** Refusals of documents remembered. */
  readonly refusedDocumentsMax: number;
  /** Milliseconds for connection_init to arrive. */
  readonly wsInitTimeoutMs: number;
  /** Operations running at once over one WebSocket. */
  readonly operationsPerSocketMax: number;
  /** Open connections of this process, WebSockets included. */
  readonly connectionsMax: number;
  /** Open connections of one address; ten times as many over loopback. */
  readonly connectionsPerAddressMax: number;
  /** Acknowledged WebSockets without a key of one address. */
  readonly anonymousSocketsMax: number;
  /** Milliseconds for the headers and for the whole of an HTTP request to arrive. */
  readonly requestTimeoutMs: number;
  /** Milliseconds between two signs of life on an idle SSE stream or WebSocket. */
  readonly keepAliveMs: number;
  /** Milliseconds after which a client that takes nothing of what is written for it over HTTP is cut off. */
  readonly stalledMs: number;
}

const defaultLimits: GatewayLimits = Object.freeze({
  bodyBytesMax: 1024 * 1024,
  callBodyBytesMax: 32 * 1024 * 1024,
  anonymousBodyBytesMax: 32 * 1024,
  bodiesBytesMax: 256 * 1024 * 1024,
  bodyTimeoutMs: 30_000,
  refusalsPerSecond: 20,
  tokensMax: 10_000,
  anonymousTokensMax: 2_000,
  documentLengthMax: 128 * 1024,
  operationsMax: 50,
  fragmentsMax: 500,
  variablesMax: 250,
  depthMax: 16,
  aliasesMax: 100,
  rootFieldsMax: 50,
  fieldsMax: 2_000,
  costMax: 10_000,
  answerCharactersMax: 16 * 1024 * 1024,
  unreadBytesMax: 128 * 1024 * 1024,
  listSizeAssumed: 10,
  documentsMax: 1_000,
  documentBytesMax: 64 * 1024 * 1024,
  refusedDocumentsMax: 1_000,
  wsInitTimeoutMs: 5_000,
  operationsPerSocketMax: 100,
  connectionsMax: 30_000,
  connectionsPerAddressMax: 2_000,
  anonymousSocketsMax: 100,
  requestTimeoutMs: 30_000,
  keepAliveMs: 12_000,
  stalledMs: 60_000,
});

/** The default limits with some replaced. Throws RangeError for a limit that is no positive integer. */
export function resolveLimits(overrides: Partial<GatewayLimits> = {}): GatewayLimits {
  const limits = { ...defaultLimits, ...overrides };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new RangeError(`The limit ${name} is ${value}; it must be a whole number above zero.`);
    }
  }
  return limits;
}

const mebibyte = 1024 * 1024;
/** How much less time a body without a key has. */
const anonymousTimeFactor = 3;

/** How many bytes a body or a message of a caller may have, and how many milliseconds it may take to arrive. */
export function chooseBodyBounds(
  { bodyBytesMax, callBodyBytesMax, anonymousBodyBytesMax, bodyTimeoutMs }: GatewayLimits,
  isAnonymous: boolean,
  isCall = false,
): { readonly bytesMax: number; readonly timeoutMs: number } {
  if (isAnonymous) {
    return {
      bytesMax: Math.min(bodyBytesMax, anonymousBodyBytesMax),
      timeoutMs: bodyTimeoutMs / anonymousTimeFactor,
    };
  }
  const bytesMax = isCall ? Math.max(bodyBytesMax, callBodyBytesMax) : bodyBytesMax;
  return { bytesMax, timeoutMs: bodyTimeoutMs * Math.max(1, bytesMax / mebibyte) };
}
