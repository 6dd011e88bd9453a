import { createMistral } from '@ai-sdk/mistral';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** MISTRAL: chat completions and embeddings. */
export function createMistralProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel } = createMistral({ ...settings, fetch: captureFetch });
  const { embeddingModel } = createMistral({ ...settings, fetch });
  return createWireProvider({ wire: chatWire(), languageModel, embeddingModel, secret, fetch });
}
