import { createXai } from '@ai-sdk/xai';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** XAI: the responses API, the only one its SDK speaks. */
export function createXaiProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createXai({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
