import { createAnthropic } from '@ai-sdk/anthropic';
import type { Provider } from '../provider.ts';
import { captureFetch } from '../sdk/captured-request.ts';
import { createSdkRequests } from '../sdk/sdk-requests.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { rulesOfClaude } from '../wires/messages/claude-rules.ts';
import { messagesWire } from '../wires/messages/messages-reader.ts';
import { boundOutput } from '../wires/messages/output-bounds.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';

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
