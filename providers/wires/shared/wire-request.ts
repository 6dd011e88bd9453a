import type { ProviderCall } from '../../provider.ts';
import type { WireTraits } from '../../translate/own-call.ts';

/** A request to a vendor's API, ready to be sent. */
export interface WireRequest {
  readonly url: string;
  readonly init: RequestInit;
  /** The name of the tool that receives the structured answer of the AI model as its arguments; null: the answer is text. */
  readonly answerTool: string | null;
}

/** Writes the requests of calls in a vendor's dialect. */
export interface WireRequests {
  readonly traits: WireTraits;
  /** @throws {ProviderFailure} BAD_USER_INPUT for a call of what the AI model, or its vendor's API, does not take */
  readonly build: (call: ProviderCall, streaming: boolean) => WireRequest | Promise<WireRequest>;
  /** Names fields that this AI model does not take, beside those that the traits name; absent: requests are compared. */
  readonly dropped?: (call: ProviderCall) => readonly string[] | undefined;
  /** The request for the number of input tokens, answered with `input_tokens`; absent where the API has none. */
  readonly buildCount?: (call: ProviderCall) => WireRequest | Promise<WireRequest>;
}

/** A POST of JSON. */
export function postJson(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: object,
  answerTool: string | null = null,
): WireRequest {
  return { url, init: { method: 'POST', headers, body: JSON.stringify(body) }, answerTool };
}

/** Headers of all requests of one provider: made once, with the header that its credential goes in. */
export function requestHeaders(
  credential: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', 'user-agent': 'heddle', ...credential };
}

/** The header of a bearer key; none for an empty one. */
export function bearer(secret: string): Readonly<Record<string, string>> {
  return secret === '' ? {} : { authorization: `Bearer ${secret}` };
}
