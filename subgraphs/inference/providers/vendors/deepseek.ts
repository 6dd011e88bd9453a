import { createDeepSeek } from '@ai-sdk/deepseek';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** DEEPSEEK: chat completions. */
export function createDeepseekProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel } = createDeepSeek({ ...settings, fetch: captureFetch });
  const { embeddingModel } = createDeepSeek({ ...settings, fetch });
  return createWireProvider({ wire: chatWire(), languageModel, embeddingModel, secret, fetch });
}
