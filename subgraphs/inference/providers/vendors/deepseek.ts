import { createDeepSeek } from '@ai-sdk/deepseek';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** DEEPSEEK: chat completions. */
export function createDeepseekProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  return createSdkProvider({ models: createDeepSeek({ baseURL: baseUrl, apiKey: secret, fetch }), secret });
}
