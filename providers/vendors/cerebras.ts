import { createCerebras } from '@ai-sdk/cerebras';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider, ProviderCall } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { TextBeforeCalls } from '../wire/part-filter.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

const filter = (call: ProviderCall) => (call.responseSchema === undefined ? null : new TextBeforeCalls());

/** CEREBRAS: chat completions. Its models may repeat a tool call after a structured answer. */
export function createCerebrasProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createCerebras({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: { ...chatWire(), filter },
    languageModel,
    embeddingModel,
    secret,
    fetch,
  });
}
