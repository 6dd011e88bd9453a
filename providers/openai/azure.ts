import { createAzure } from '@ai-sdk/azure';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';
import { chatRules } from './endpoints.ts';

/** Azure's v1 API below `https://<resource>.openai.azure.com/openai`, whether or not the base URL names the version. */
function v1(baseUrl: string): string {
  return /\/openai$/.test(baseUrl) ? `${baseUrl}/v1` : baseUrl;
}

/** AZURE_OPENAI: chat completions of the v1 API; a model's name is its deployment's. */
export function createAzureOpenai(options: VendorOptions): Provider {
  const { secret, fetch } = options;
  const settings = { baseURL: v1(options.baseUrl), apiKey: secret };
  const { chat, embeddingModel } = createAzure({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: chatWire(),
    rules: () => chatRules,
    languageModel: chat,
    embeddingModel,
    secret,
    fetch,
  });
}
