import { createCohere } from '@ai-sdk/cohere';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** COHERE: chat and embed, version 2. */
export function createCohereProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createCohere({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
