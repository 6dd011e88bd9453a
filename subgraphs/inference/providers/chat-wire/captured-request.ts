import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';

/** A request as the SDK would have sent it. */
export class CapturedRequest {
  readonly url: string;
  readonly init: RequestInit;

  constructor(url: string, init: RequestInit) {
    this.url = url;
    this.init = init;
  }
}

/** A fetch that sends nothing: it throws the request back to `requestOf`. */
export const captureFetch: typeof globalThis.fetch = async (input, init = {}) => {
  throw new CapturedRequest(String(input), init);
};

/**
 * Lets the SDK build the request (it knows each model's quirks: max_completion_tokens, developer messages, settings that
 * reasoning models refuse) without letting it send it. `model` must have been made with `captureFetch`.
 */
export async function requestOf(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  streaming: boolean,
): Promise<CapturedRequest> {
  try {
    await (streaming ? model.doStream(options) : model.doGenerate(options));
  } catch (thrown) {
    if (thrown instanceof CapturedRequest) return thrown;
    throw thrown;
  }
  throw new Error('The SDK answered without sending a request.');
}
