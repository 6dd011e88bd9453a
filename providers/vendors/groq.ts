import { createGroq } from '@ai-sdk/groq';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** GROQ: chat completions. */
export function createGroqProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createGroq({ ...settings, fetch: captureFetch });
  return createWireProvider({ wire: chatWire(), languageModel, embeddingModel, secret, fetch });
}
