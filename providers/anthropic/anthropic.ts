import { createAnthropic } from '@ai-sdk/anthropic';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createSdkRequests } from '../wire/sdk-requests.ts';
import { createWireProvider } from '../wire/wire-provider.ts';
import { rulesOfClaude } from './claude-rules.ts';
import { messagesWire } from './messages-reader.ts';
import { boundOutput } from './output-bounds.ts';

/** ANTHROPIC: the messages API. */
export function createClaude({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const { languageModel } = createAnthropic({
    baseURL: baseUrl,
    apiKey: secret,
    fetch: captureFetch,
  });
  return createWireProvider({
    wire: messagesWire,
    build: createSdkRequests({
      wire: messagesWire,
      languageModel,
      rules: rulesOfClaude,
      adjust: boundOutput,
    }),
    embeddings: null,
    secret,
    fetch,
  });
}
