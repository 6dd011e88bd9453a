import type { Provider, ProviderCall } from '../provider.ts';
import type { VendorOptions } from '../vendor.ts';
import { writeCompatibleFile } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { TextBeforeCalls } from '../wires/shared/part-filter.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

const filter = (call: ProviderCall) => (call.responseSchema === undefined ? null : new TextBeforeCalls());

export const cerebrasChat: ChatDialect = {
  lacks: ['penalties'],
  writeFile: writeCompatibleFile,
  maxTokens: 'max_completion_tokens',
};

/** CEREBRAS: chat completions. Its models may repeat a tool call after a structured answer. */
export function createCerebrasProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    kind,
    wire: { ...chatWire(), filter },
    requests: createChatRequests({ url: `${baseUrl}/chat/completions`, headers, dialect: cerebrasChat }),
    embeddings: null,
    secret,
    fetch,
  });
}
