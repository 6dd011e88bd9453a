import { createPerplexity } from '@ai-sdk/perplexity';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { chatWire } from '../chat-wire/chat-reader.ts';
import { type Provider, ProviderFailure } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** The SDK would leave them out without a word. */
function refuseTools({ tools }: LanguageModelV4CallOptions): void {
  if (tools === undefined) return;
  throw new ProviderFailure('BAD_USER_INPUT', 'Models of Perplexity do not call tools.', {
    retryable: false,
  });
}

/** PERPLEXITY: chat completions and embeddings, without tools. */
export function createPerplexityProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createPerplexity({ ...settings, fetch: captureFetch });
  const wire = chatWire({ reasoningApart: true });
  return createWireProvider({
    wire,
    rules: () => ({ systemFirst: true, alternating: true }),
    languageModel,
    embeddingModel,
    secret,
    fetch,
    adjust: refuseTools,
  });
}
