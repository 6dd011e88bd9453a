import { createCohere } from '@ai-sdk/cohere';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createSdkEmbeddings, createSdkRequests } from '../wire/sdk-requests.ts';
import { createWireProvider } from '../wire/wire-provider.ts';
import { cohereWire } from './cohere-reader.ts';

/** COHERE: chat and embed, version 2. */
export function createCohereProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createCohere({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: cohereWire,
    build: createSdkRequests({ wire: cohereWire, rules: () => ({ systemFirst: true }), languageModel }),
    embeddings: createSdkEmbeddings(embeddingModel),
    secret,
    fetch,
  });
}
