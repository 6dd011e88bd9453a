import { createMistral } from '@ai-sdk/mistral';
import { chatWire } from '../chat-wire/chat-reader.ts';
import type { Provider } from '../provider.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { captureFetch } from '../wire/captured-request.ts';
import { createWireProvider } from '../wire/wire-provider.ts';

/** Its API knows an order of roles and a form of ids of its own. */
const mistralRules: ConversationRules = {
  toolCallIds: /^[a-zA-Z0-9]{9}$/,
  toolCallIdLength: 9,
  systemFirst: true,
  assistantAfterTool: true,
};

/** MISTRAL: chat completions and embeddings. */
export function createMistralProvider({ baseUrl, secret, fetch }: VendorOptions): Provider {
  const settings = { baseURL: baseUrl, apiKey: secret };
  const { languageModel, embeddingModel } = createMistral({ ...settings, fetch: captureFetch });
  return createWireProvider({
    wire: chatWire(),
    rules: () => mistralRules,
    languageModel,
    embeddingModel,
    secret,
    fetch,
  });
}
