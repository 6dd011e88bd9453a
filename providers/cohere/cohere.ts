import { createCohere } from '@ai-sdk/cohere';
import type { Provider } from '../provider.ts';
import { captureFetch } from '../sdk/captured-request.ts';
import { createSdkEmbeddings, createSdkRequests } from '../sdk/sdk-requests.ts';
import type { VendorOptions } from '../vendor.ts';
import { cohereWire } from '../wires/cohere/cohere-reader.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';

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
