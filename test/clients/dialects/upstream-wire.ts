import type { ServedRequest } from '#providers/testing/wire-server.ts';

/** What an answer has beside its text. Not every wire has a place for each. */
export type Aspect =
  | 'reasoning'
  | 'signature'
  | 'calls'
  | 'refusal'
  | 'citations'
  | 'vendorItems'
  | 'logprobs'
  | 'alternatives'
  | 'cached'
  | 'cacheWrite'
  | 'reasoningTokens';

export interface UpstreamCall {
  readonly id: string;
  readonly name: string;
  /** JSON in pieces, as they are streamed. */
  readonly arguments: readonly string[];
}

/** An answer of an AI model, whatever the wire that brings it. */
export interface UpstreamAnswer {
  readonly texts?: readonly string[];
  readonly reasoning?: string;
  /** What signs the reasoning, or encrypts it. */
  readonly signature?: string;
  readonly calls?: readonly UpstreamCall[];
  readonly refusal?: string;
  /** The address that is cited. */
  readonly citation?: string;
  /** What a tool answered that the vendor ran, in an item of its own. */
  readonly vendorItem?: string;
  /** The token that has a log probability. */
  readonly logprob?: string;
  /** The texts of further answers. */
  readonly alternatives?: readonly string[];
  readonly isCutByLength?: boolean;
}

/** The counts that every answer reports: each is another number, so that none is taken for another. */
export const counts = { input: 7013, output: 4019, cached: 2027, cacheWrite: 1031, reasoning: 1033 };

/** What tests know of a vendor's wire format, to play its server. */
export interface UpstreamWire {
  /** The name of the wire format, as the columns of the table have it. */
  readonly name: string;
  readonly kind: string;
  readonly model: string;
  /** Behind the origin of the server. */
  readonly path: string;
  readonly aspects: ReadonlySet<Aspect>;
  /** By the dialect of the client: what its answer repeats of what the vendor states of how it was made. */
  readonly made?: Readonly<Record<string, readonly string[]>>;
  readonly contentType: string;
  isStreamed(request: ServedRequest): boolean;
  whole(answer: UpstreamAnswer): object;
  /** The events of a stream in order; the last ones are its end. */
  frames(answer: UpstreamAnswer): readonly (string | Buffer)[];
  /** An error in the place of what is left of a stream. */
  readonly brokenFrame: string | Buffer;
}

/** Events without a name. */
export function toEvents(...events: readonly (object | string)[]): readonly string[] {
  return events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
}

/** Events that are named by their type. */
export function toNamedEvents(...events: readonly { readonly type: string }[]): readonly string[] {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function readBody({ body }: ServedRequest): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

export const isStreamedByField = (request: ServedRequest): boolean => readBody(request).stream === true;
