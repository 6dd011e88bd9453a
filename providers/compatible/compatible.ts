import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { chatWire } from '../chat-wire/chat-reader.ts';
import { forReasoningModel } from '../openai/endpoints.ts';
import type { Provider } from '../provider.ts';
import { holdThinkingPlace } from '../translate/thinking-place.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** OPENAI_COMPATIBLE, OLLAMA, TOGETHER and VLLM: chat completions and embeddings below the base URL. */
export function createCompatible(options: VendorOptions): Provider {
  const { baseUrl, secret, fetch } = options;
  const settings = {
    name: 'openaiCompatible',
    baseURL: baseUrl,
    includeUsage: true,
    supportsStructuredOutputs: true,
    transformRequestBody: forReasoningModel,
    ...(secret === '' ? {} : { apiKey: secret }),
  };
  const { chatModel, embeddingModel } = createOpenAICompatible({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: chatWire(),
    languageModel: chatModel,
    embeddingModel,
    secret,
    fetch,
    adjust: holdThinkingPlace,
  });
}
