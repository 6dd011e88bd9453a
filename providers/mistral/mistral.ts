import type { Provider, ProviderCall } from '../provider.ts';
import { type Effort, type FileSource, nearestEffort, rejectUnsupported } from '../translate/call-parts.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import { fileUrl, fullMediaType, topLevelType } from '../translate/file-type.ts';
import type { VendorOptions } from '../vendor.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatBody, type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests } from '../wires/embeddings/embeddings-request.ts';
import { createOpenaiModeration } from '../wires/moderation/openai-moderation.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';
import { mistralCategories } from './moderation.ts';

/** Its API knows an order of roles and a form of ids of its own. */
export const mistralRules: ConversationRules = {
  toolCallIds: /^[a-zA-Z0-9]{9}$/,
  toolCallIdLength: 9,
  systemFirst: true,
  assistantAfterTool: true,
};

/** AI models that take no effort. */
const withoutEffort =
  /^(?:codestral-(?:2508|latest)|ministral-(?:14b|3b|8b)-(?:2512|latest)|mistral-code-(?:fim-)?latest|mistral-large-(?:latest|2512)|voxtral-small-(?:2507|latest))$/;
/** AI models that cannot do without reasoning. */
const alwaysReasons: Readonly<Record<string, readonly Effort[]>> = {
  'zai-glm-5': ['low', 'high', 'max'],
  'zai-glm-5-3': ['low', 'high', 'max'],
  'zai-glm-5-3-flash': ['low', 'high', 'max'],
  'zai-glm-latest': ['low', 'high', 'max'],
  'mistral-large-4': ['low', 'medium', 'high'],
  'mistral-large-4-0': ['low', 'medium', 'high'],
};
const otherEfforts: readonly Effort[] = ['none', 'high'];

function writeEffort(effort: Effort, model: string): string | undefined {
  if (withoutEffort.test(model)) return undefined;
  const taken = Object.hasOwn(alwaysReasons, model) ? alwaysReasons[model] : otherEfforts;
  return nearestEffort(effort, taken ?? otherEfforts);
}

function writeFile(file: FileSource): object {
  if (topLevelType(file) === 'image') return { type: 'image_url', image_url: fileUrl(file) };
  const mediaType = file.url === null ? fullMediaType(file) : file.mediaType;
  if (mediaType === 'application/pdf') return { type: 'document_url', document_url: fileUrl(file) };
  throw rejectUnsupported(`it takes images and PDFs, and no file of type ${mediaType}`);
}

/** A conversation that ends with a message of the model requests the rest of that message. */
function markBeginning({ messages }: ChatBody, _: ProviderCall): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant') last.prefix = true;
}

/** Fields of OpenAI's that its API, which accepts no unknown ones, does not have. */
const refusedFields: ReadonlySet<string> = new Set([
  ...['user', 'safety_identifier', 'store', 'service_tier', 'verbosity', 'logit_bias', 'web_search_options'],
]);

export const mistralChat: ChatDialect = {
  lacks: ['logprobs'],
  refusedFields,
  hasAlternatives: true,
  writeFile,
  userTexts: 'parts',
  emptyContent: '',
  withoutNames: true,
  namedResults: true,
  seed: 'random_seed',
  required: 'any',
  effort: writeEffort,
  adapt: markBeginning,
};

/** MISTRAL: chat completions, embeddings and moderation. */
export function createMistralProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  const url = `${baseUrl}/chat/completions`;
  return createWireProvider({
    kind,
    wire: chatWire(),
    requests: createChatRequests({ url, headers, dialect: mistralChat, rules: mistralRules }),
    embeddings: createEmbeddingRequests({
      url: `${baseUrl}/embeddings`,
      headers,
      dimensions: 'output_dimension',
      valuesMax: 32,
    }),
    moderation: createOpenaiModeration({
      url: `${baseUrl}/moderations`,
      conversationUrl: `${baseUrl}/chat/moderations`,
      headers,
      categories: mistralCategories,
    }),
    secret,
    fetch,
  });
}
