import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { Provider } from '../provider.ts';
import { createSdkProvider } from '../sdk/sdk-provider.ts';
import type { VendorOptions } from '../vendor-options.ts';

/** OPENAI_COMPATIBLE, OLLAMA and VLLM: chat completions and embeddings below the base URL. */
export function createCompatible(options: VendorOptions): Provider {
  const { baseUrl, secret, fetch } = options;
  const models = createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: baseUrl,
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(secret === '' ? {} : { apiKey: secret }),
  });
  return createSdkProvider({ models, secret });
}
