import { createGroq } from '@ai-sdk/groq';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** GROQ: chat completions. */
export function createGroqProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createGroq({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
