import { createPerplexity } from '@ai-sdk/perplexity';
import { type Provider, ProviderFailure } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** PERPLEXITY: chat completions and embeddings. It has no tools, and its SDK would leave them out without a word. */
export function createPerplexityProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({
    models: createPerplexity({ baseURL: baseUrl, apiKey: secret, fetch }),
    secret,
    adjust: ({ tools }) => {
      if (tools === undefined) return;
      throw new ProviderFailure('BAD_USER_INPUT', 'Models of Perplexity do not call tools.', {
        retryable: false,
      });
    },
  });
}
