import { createXai } from '@ai-sdk/xai';
import type { Provider } from '../provider.ts';
import { responsesWire } from '../responses-wire/responses-reader.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** XAI: the responses API, the only one its SDK speaks. */
export function createXaiProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret, fetch: captureFetch };
  const { languageModel, embeddingModel } = createXai(settings);
  return createWireProvider({ wire: responsesWire, languageModel, embeddingModel, secret, fetch });
}
