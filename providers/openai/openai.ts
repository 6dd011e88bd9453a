import { type ProviderCall, ProviderFailure, type ProviderPart } from '../provider.ts';
import type { TraitedProvider } from '../translate/own-call.ts';
import type { VendorOptions } from '../vendor.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests } from '../wires/embeddings/embeddings-request.ts';
import { createOpenaiModeration, openaiCategories } from '../wires/moderation/openai-moderation.ts';
import { needsResponses } from '../wires/responses/own-items.ts';
import { responsesWire } from '../wires/responses/responses-reader.ts';
import { createResponsesRequests } from '../wires/responses/responses-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';
import { openaiChat } from './chat-dialect.ts';
import { chatRules, prefersResponses, responsesRules } from './endpoints.ts';
import { openaiResponses } from './responses-dialect.ts';

/** Messages of servers about an address they do not have, as opposed to a model. */
const noSuchAddress =
  /\(HTTP \d+\)(?:\.$|: (?:not found|cannot post|method not allowed|invalid url|unknown (?:url|endpoint|path)))/i;

/** Does a failure mean that there is no responses API (a proxy that only supports chat)? */
function lacksEndpoint(error: unknown): boolean {
  if (!(error instanceof ProviderFailure)) return false;
  const { status, message } = error;
  return (status === 404 || status === 405 || status === 501) && noSuchAddress.test(message);
}

/** OPENAI: chat completions, or responses for the models that endpoints.ts names. */
export function createOpenai(options: VendorOptions): TraitedProvider {
  const { kind, baseUrl, secret, fetch, customBaseUrl } = options;
  const headers = requestHeaders(bearer(secret));
  const embeddings = createEmbeddingRequests({ url: `${baseUrl}/embeddings`, headers });
  const common = { kind, embeddings, secret, fetch };
  const url = `${baseUrl}/chat/completions`;
  const chat = createWireProvider({
    ...common,
    wire: chatWire(),
    requests: createChatRequests({ url, headers, dialect: openaiChat, rules: chatRules }),
    moderation: createOpenaiModeration({
      url: `${baseUrl}/moderations`,
      headers,
      categories: openaiCategories,
      takesImages: true,
    }),
  });
  const responses = createWireProvider({
    ...common,
    wire: responsesWire,
    requests: createResponsesRequests({
      url: `${baseUrl}/responses`,
      headers,
      dialect: openaiResponses,
      rules: responsesRules,
    }),
  });
  let chatOnly = false;

  /** Only chat completions have several answers; only responses have tools that OpenAI runs. */
  const useResponses = (call: ProviderCall) =>
    !chatOnly && call.alternatives === undefined && (prefersResponses(call.model) || needsResponses(call));

  /** Behind an admin's own base URL, notes the lack of a responses API once and continues with chat. */
  function fallBack(error: unknown): void {
    if (!customBaseUrl || !lacksEndpoint(error)) throw error;
    chatOnly = true;
  }

  async function* stream(call: ProviderCall): AsyncGenerator<ProviderPart, void, undefined> {
    if (useResponses(call)) {
      try {
        yield* responses.stream(call);
        return;
      } catch (error) {
        fallBack(error);
      }
    }
    yield* chat.stream(call);
  }

  return {
    stream,
    embed: chat.embed,
    ...(chat.moderate === undefined ? {} : { moderate: chat.moderate }),
    dropped: (call) => (useResponses(call) ? responses : chat).dropped?.(call),
    traits: (call) => (useResponses(call) ? responses : chat).traits(call),
    async generate(call) {
      if (useResponses(call)) {
        try {
          return await responses.generate(call);
        } catch (error) {
          fallBack(error);
        }
      }
      return chat.generate(call);
    },
  };
}
