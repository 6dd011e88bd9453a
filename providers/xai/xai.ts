import { createXai } from '@ai-sdk/xai';
import type { Provider } from '../provider.ts';
import { captureFetch } from '../sdk/captured-request.ts';
import { createSdkRequests } from '../sdk/sdk-requests.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { responsesWire } from '../wires/responses/responses-reader.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';

/** XAI: the responses API, the only one its SDK speaks. */
export function createXaiProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret, fetch: captureFetch };
  const { languageModel } = createXai(settings);
  return createWireProvider({
    wire: responsesWire,
    build: createSdkRequests({ wire: responsesWire, languageModel }),
    embeddings: null,
    secret,
    fetch,
  });
}
