import { createXai } from '@ai-sdk/xai';
import type { Provider } from '../provider.ts';
import { responsesWire } from '../responses-wire/responses-reader.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createSdkRequests } from '../wire/sdk-requests.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

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
