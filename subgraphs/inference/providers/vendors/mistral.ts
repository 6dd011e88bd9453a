import { createMistral } from '@ai-sdk/mistral';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** MISTRAL: chat completions and embeddings. */
export function createMistralProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createMistral({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
