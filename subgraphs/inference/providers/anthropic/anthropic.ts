import { createAnthropic } from '@ai-sdk/anthropic';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { boundOutput } from './output-bounds.ts';
import { usageOfEvent } from './usage-of-event.ts';

/** ANTHROPIC: the messages API. */
export function createClaude(options: VendorOptions): Provider {
  const { baseUrl, secret, fetch } = options;
  const models = createAnthropic({ baseURL: baseUrl, apiKey: secret, fetch });
  return createSdkProvider({ models, secret, adjust: boundOutput, usageOfEvent });
}
