import { forReasoningModel } from '../openai/endpoints.ts';
import type { Provider } from '../provider.ts';
import { thinkingPlace } from '../translate/thinking.ts';
import type { VendorOptions } from '../vendor.ts';
import { writeCompatibleFile } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests } from '../wires/embeddings/embeddings-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

/** Chat completions of servers before any AI models, those of OpenAI among them. */
export const compatibleChat: ChatDialect = {
  writeFile: writeCompatibleFile,
  thinkingPlace: (model) =>
    thinkingPlace(model) === null ? null : { reasoning_content: thinkingPlace(model) },
  streamUsage: true,
  adapt: forReasoningModel,
};

/** OPENAI_COMPATIBLE, OLLAMA, TOGETHER and VLLM: chat completions and embeddings below the base URL. */
export function createCompatible({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    wire: chatWire(),
    build: createChatRequests({ url: `${baseUrl}/chat/completions`, headers, dialect: compatibleChat }),
    embeddings: createEmbeddingRequests({ url: `${baseUrl}/embeddings`, headers }),
    secret,
    fetch,
  });
}
