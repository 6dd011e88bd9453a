import { createPerplexity } from '@ai-sdk/perplexity';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** PERPLEXITY: chat completions and embeddings. */
export function createPerplexityProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createPerplexity({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
