import { createGoogle } from '@ai-sdk/google';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** GOOGLE: the Gemini API. */
export function createGemini(options: VendorOptions): Provider {
  const { baseUrl, secret, fetch } = options;
  return createSdkProvider({ models: createGoogle({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
