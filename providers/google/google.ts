import { createGoogle } from '@ai-sdk/google';
import { inPath } from '../http/path-segments.ts';
import type { Provider } from '../provider.ts';
import { captureFetch } from '../sdk/captured-request.ts';
import { createSdkEmbeddings, createSdkRequests } from '../sdk/sdk-requests.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { geminiWire } from '../wires/gemini/gemini-reader.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';

/** generateContent, at the Gemini API and at Vertex. */
export const geminiApi = {
  wire: geminiWire,
  rules: () => ({ objectArguments: true, systemFirst: true }),
};

/** GOOGLE: the Gemini API. */
export function createGemini({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createGoogle({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: geminiWire,
    build: createSdkRequests({ ...geminiApi, languageModel: (id) => languageModel(inPath(id)) }),
    embeddings: createSdkEmbeddings((id) => embeddingModel(inPath(id))),
    secret,
    fetch,
  });
}
