import { createDeepSeek } from '@ai-sdk/deepseek';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider } from '../provider.ts';
import { holdThinkingPlace } from '../translate/thinking-place.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** DEEPSEEK: chat completions. */
export function createDeepseekProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createDeepSeek({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: chatWire(),
    languageModel,
    embeddingModel,
    secret,
    fetch,
    adjust: holdThinkingPlace,
  });
}
