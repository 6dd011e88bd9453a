import { createFireworks } from '@ai-sdk/fireworks';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** FIREWORKS: chat completions and embeddings. */
export function createFireworksProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createFireworks({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
