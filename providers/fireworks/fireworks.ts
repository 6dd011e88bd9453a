import type { Provider } from '../provider.ts';
import type { Effort } from '../translate/call-parts.ts';
import type { VendorOptions } from '../vendor.ts';
import { writeCompatibleFile } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests } from '../wires/embeddings/embeddings-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

const efforts: Partial<Record<Effort, string>> = { minimal: 'low', xhigh: 'high' };

export const fireworksChat: ChatDialect = {
  writeFile: writeCompatibleFile,
  effort: (effort) => efforts[effort] ?? effort,
  streamUsage: true,
};

/** FIREWORKS: chat completions and embeddings. */
export function createFireworksProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    kind,
    wire: chatWire(),
    requests: createChatRequests({ url: `${baseUrl}/chat/completions`, headers, dialect: fireworksChat }),
    embeddings: createEmbeddingRequests({ url: `${baseUrl}/embeddings`, headers }),
    secret,
    fetch,
  });
}
