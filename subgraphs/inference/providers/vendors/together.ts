import { createTogetherAI } from '@ai-sdk/togetherai';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** TOGETHER: chat completions and embeddings. */
export function createTogetherProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createTogetherAI({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
