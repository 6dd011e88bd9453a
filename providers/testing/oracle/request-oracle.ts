import type { EmbeddingModelV4, LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { toFailure } from '../../failure/failure.ts';
import { type Provider, type ProviderCall, ProviderFailure, type ProviderKind } from '../../provider.ts';
import { makeProvider } from '../../registry/registry.ts';
import { captureEmbeddingRequest, captureRequest } from '../../sdk/captured-request.ts';
import { toCallOptions } from '../../translate/call-options.ts';
import type { ConversationRules } from '../../translate/conversation.ts';
import { restoreArgumentTexts } from './argument-texts.ts';

/** A request as it goes out; null: the call was refused as one that this AI model does not take. */
export type SentRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
} | null;

/** One of the AI SDK's packages as the witness of our requests. */
export interface RequestOracle {
  /** Made with `captureFetch`. */
  readonly languageModel: (id: string) => LanguageModelV4;
  /** A whole answer of the wire that states nothing. */
  readonly blank: string;
  readonly rules?: (call: ProviderCall) => ConversationRules;
  readonly adjust?: (options: LanguageModelV4CallOptions, call: ProviderCall) => void;
}

/** The SDKs name themselves, we name ourselves. */
function readHeaders(init: RequestInit): Readonly<Record<string, string>> {
  const headers = new Headers(init.headers);
  headers.delete('user-agent');
  return Object.fromEntries(headers);
}

const read = (url: string, init: RequestInit): SentRequest => ({
  url,
  headers: readHeaders(init),
  body: JSON.parse(String(init.body)),
});

/** @throws what is no refusal of the call */
function refused(error: unknown): null {
  if (error instanceof ProviderFailure && error.code === 'BAD_USER_INPUT') return null;
  throw error;
}

/** The request that the SDK would send. */
export async function requestOfSdk(
  { languageModel, blank, rules, adjust }: RequestOracle,
  call: ProviderCall,
  streaming: boolean,
): Promise<SentRequest> {
  try {
    const prepared = toCallOptions(call, rules?.(call));
    adjust?.(prepared, call);
    const captured = await captureRequest(languageModel(call.model), prepared, streaming, blank);
    const { url, init } = restoreArgumentTexts(captured, prepared.prompt);
    return read(url, init);
  } catch (error) {
    return refused(toFailure(error, undefined, null));
  }
}

/** Some of the SDK's packages take the length of the vectors as an option of their own, and else leave it out. */
function withDimensions(dimensions: number) {
  return {
    dimensions,
    providerOptions: { cohere: { outputDimension: dimensions }, perplexity: { dimensions } },
  };
}

/** The request of embeddings that the SDK would send. */
export async function embeddingRequestOfSdk(
  model: EmbeddingModelV4,
  values: readonly string[],
  dimensions: number | undefined,
): Promise<SentRequest> {
  const options = dimensions === undefined ? {} : withDimensions(dimensions);
  const { url, init } = await captureEmbeddingRequest(model, { values: [...values], ...options });
  return read(url, init);
}

/** What a service account gets. */
export const testToken = 'ya29.test-token';

/** A provider of ours, and the last request that it sent. */
async function openProvider(kind: ProviderKind, baseUrl: string, secret: string) {
  let last: SentRequest = null;
  const provider: Provider = await makeProvider({
    kind,
    baseUrl,
    region: 'eu-central-1',
    secret,
    fetch: async (url, init = {}) => {
      if (String(init.body).startsWith('grant_type=')) {
        return Response.json({ access_token: testToken, expires_in: 3600 });
      }
      last = read(String(url), init);
      throw new Error('The request has been seen.');
    },
  });
  /** What is sent while a call is made. */
  return async (make: (provider: Provider) => Promise<unknown>): Promise<SentRequest> => {
    last = null;
    try {
      await make(provider);
    } catch (error) {
      if (last === null) return refused(error);
    }
    return last;
  };
}

const testSecret = 'sk-test-0123456789';

/** The requests that a provider of ours sends. */
export async function openRequests(kind: ProviderKind, baseUrl: string, secret = testSecret) {
  const sentWhile = await openProvider(kind, baseUrl, secret);
  return (call: ProviderCall, streaming: boolean): Promise<SentRequest> =>
    sentWhile(async (provider) => {
      if (!streaming) return provider.generate(call);
      for await (const _ of provider.stream(call));
      return null;
    });
}

/** The first request of embeddings that a provider of ours sends. */
export async function openEmbeddings(kind: ProviderKind, baseUrl: string, secret = testSecret) {
  const sentWhile = await openProvider(kind, baseUrl, secret);
  return (model: string, values: readonly string[], dimensions: number | undefined): Promise<SentRequest> =>
    sentWhile((provider) =>
      provider.embed({ model, values, ...(dimensions === undefined ? {} : { dimensions }) }),
    );
}
