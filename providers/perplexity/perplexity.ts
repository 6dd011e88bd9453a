import type { Provider } from '../provider.ts';
import { type FileSource, rejectInput, rejectUnsupported } from '../translate/call-parts.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import { fullMediaType, topLevelType } from '../translate/file-type.ts';
import type { VendorOptions } from '../vendor.ts';
import { writeImage } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatBody, type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests } from '../wires/embeddings/embeddings-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

export const perplexityRules: ConversationRules = { systemFirst: true, alternating: true };

/** A PDF goes as its base64, without a prefix. */
function writeFile(file: FileSource, at: number): object {
  const top = topLevelType(file);
  if (top === 'image') return writeImage(file);
  const mediaType = top === 'application' ? fullMediaType(file) : file.mediaType;
  if (mediaType !== 'application/pdf') throw rejectUnsupported(`it takes no file of type ${mediaType}`);
  return file.url === null
    ? { type: 'file_url', file_url: { url: file.data ?? '' }, file_name: `document-${at}.pdf` }
    : { type: 'file_url', file_url: { url: file.url } };
}

/** @throws {ProviderFailure} BAD_USER_INPUT: its models do not call tools */
function rejectTools({ tools, messages }: ChatBody): void {
  if (tools !== undefined) throw rejectInput('Models of Perplexity do not call tools.');
  if (messages.some(({ role }) => role === 'tool')) throw rejectUnsupported('it takes no results of tools');
}

export const perplexityChat: ChatDialect = {
  lacks: ['logprobs', 'parallelToolCalls'],
  writeFile,
  userTexts: 'joined',
  withoutNames: true,
  withoutTools: true,
  seed: null,
  stop: null,
  responseFormat: (schema) => ({ type: 'json_schema', json_schema: { schema } }),
  effort: () => undefined,
  adapt: rejectTools,
};

/** PERPLEXITY: chat completions and embeddings, without tools. */
export function createPerplexityProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  const url = `${baseUrl}/chat/completions`;
  return createWireProvider({
    kind,
    wire: chatWire({ reasoningApart: true }),
    requests: createChatRequests({ url, headers, dialect: perplexityChat, rules: perplexityRules }),
    embeddings: createEmbeddingRequests({
      url: `${baseUrl}/v1/embeddings`,
      headers,
      encoding: 'base64_int8',
      valuesMax: 512,
    }),
    secret,
    fetch,
  });
}
