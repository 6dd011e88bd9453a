import { inPath } from '../http/path-segments.ts';
import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor.ts';
import type { EmbeddingRequests } from '../wires/embeddings/embed.ts';
import { geminiWire } from '../wires/gemini/gemini-reader.ts';
import { createGeminiRequests } from '../wires/gemini/gemini-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { postJson, requestHeaders } from '../wires/shared/wire-request.ts';

const embeddingsMax = 100;

/** One value is requested as itself, several as a batch. */
function createEmbeddings(baseUrl: string, headers: Readonly<Record<string, string>>): EmbeddingRequests {
  return {
    valuesMax: () => embeddingsMax,
    build(id, values, outputDimensionality) {
      const model = `models/${id}`;
      const url = `${baseUrl}/models/${inPath(id)}`;
      if (values.length === 1) {
        const content = { parts: [{ text: values[0] }] };
        return postJson(`${url}:embedContent`, headers, { model, content, outputDimensionality });
      }
      const requests = values.map((text) => ({
        model,
        content: { role: 'user', parts: [{ text }] },
        outputDimensionality,
      }));
      return postJson(`${url}:batchEmbedContents`, headers, { requests });
    },
  };
}

/** GOOGLE: the Gemini API. */
export function createGemini({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(secret === '' ? {} : { 'x-goog-api-key': secret });
  return createWireProvider({
    kind,
    wire: geminiWire,
    requests: createGeminiRequests({ baseUrl, headers, withIds: true }),
    embeddings: createEmbeddings(baseUrl, headers),
    secret,
    fetch,
  });
}
