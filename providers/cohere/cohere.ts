import type { Provider } from '../provider.ts';
import { rejectInput } from '../translate/call-parts.ts';
import type { VendorOptions } from '../vendor.ts';
import { cohereWire } from '../wires/cohere/cohere-reader.ts';
import { createCohereRequests } from '../wires/cohere/cohere-request.ts';
import type { EmbeddingRequests } from '../wires/embeddings/embed.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, postJson, requestHeaders } from '../wires/shared/wire-request.ts';

const embeddingsMax = 96;
const lengths: readonly number[] = [256, 512, 1024, 1536];

function createEmbeddings(url: string, headers: Readonly<Record<string, string>>): EmbeddingRequests {
  return {
    valuesMax: () => embeddingsMax,
    build(model, texts, output_dimension) {
      if (output_dimension !== undefined && !lengths.includes(output_dimension)) {
        throw rejectInput(`Vectors of Cohere have ${lengths.join(', ')} dimensions.`);
      }
      const input_type = 'search_query';
      return postJson(url, headers, {
        model,
        texts,
        input_type,
        embedding_types: ['float'],
        output_dimension,
      });
    },
  };
}

/** COHERE: chat and embed, version 2. */
export function createCohereProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    kind,
    wire: cohereWire,
    requests: createCohereRequests({ url: `${baseUrl}/chat`, headers }),
    embeddings: createEmbeddings(`${baseUrl}/embed`, headers),
    secret,
    fetch,
  });
}
