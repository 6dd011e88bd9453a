import { createCerebras } from '@ai-sdk/cerebras';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** CEREBRAS: chat completions. */
export function createCerebrasProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createCerebras({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
