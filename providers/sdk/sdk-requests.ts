import type { EmbeddingModelV4, LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ProviderCall, ProviderMessage } from '../provider.ts';
import { toCallOptions } from '../translate/call-options.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import type { WireTraits } from '../translate/own-call.ts';
import type { EmbeddingRequests } from '../wires/embeddings/embed.ts';
import type { Fields } from '../wires/shared/fields.ts';
import { perModel } from '../wires/shared/model-cache.ts';
import type { WireRequests } from '../wires/shared/wire-request.ts';
import { captureEmbeddingRequest, captureRequest } from './captured-request.ts';

export interface SdkRequestOptions {
  /** Made with `captureFetch`: they build requests and send none. */
  readonly languageModel: (id: string) => LanguageModelV4;
  /** A whole answer that states nothing: what the SDK gets in place of an answer while its request is taken. */
  readonly blank: string;
  /** The names of the tools in a request. */
  readonly readToolNames: (request: Fields) => readonly string[];
  /** What this vendor's API demands of a conversation. */
  readonly rules: (call: ProviderCall) => ConversationRules;
  /** What this vendor needs beside the options of all. */
  readonly adjust: (options: LanguageModelV4CallOptions, call: ProviderCall) => void;
  /** Names fields that this vendor's AI models do not take. */
  readonly dropped: NonNullable<WireRequests['dropped']>;
}

/** An SDK's own fields are not known here: no further ones are sent. */
const sdkTraits: WireTraits = {
  name: 'bedrock',
  takes: new Set(['temperature', 'topP', 'stop']),
  hasAlternatives: false,
};

/** Reasoning that is neither signed nor encrypted is not taken back. */
function keepSigned(message: ProviderMessage): ProviderMessage {
  if (message.role !== 'assistant' || message.reasoning === undefined) return message;
  const { reasoning, ...rest } = message;
  const signed = reasoning.filter(({ signature, redacted }) => signature !== null || redacted !== null);
  return signed.length === 0 ? rest : { ...rest, reasoning: signed };
}

/** The failure of a tool as words of its result: the package has no other sign of it. */
function stateFailure(message: ProviderMessage): ProviderMessage {
  if (message.role !== 'tool' || message.isError !== true) return message;
  const { isError: _, parts, ...rest } = message;
  const [first, ...others] = parts ?? [];
  const stated =
    first?.type === 'text'
      ? [{ ...first, text: `Error: ${first.text}` }, ...others]
      : [{ type: 'text' as const, text: 'Error: ' }, ...(parts ?? [])];
  return { ...rest, content: `Error: ${rest.content}`, ...(parts === undefined ? {} : { parts: stated }) };
}

/** Requests that one of the AI SDK's packages builds and signs: they are sent as they were built. */
export function createSdkRequests(options: SdkRequestOptions): WireRequests {
  const { rules, adjust, blank, readToolNames } = options;
  const languageModel = perModel(options.languageModel);

  /** A tool that the caller does not know is the SDK's, to have the answer through its arguments. */
  function findAnswerTool({ responseSchema, tools }: ProviderCall, body: RequestInit['body']): string | null {
    if (responseSchema === undefined) return null;
    const names = readToolNames(JSON.parse(String(body)));
    return names.find((given) => !tools?.some((tool) => tool.name === given)) ?? null;
  }

  const build: WireRequests['build'] = async (call, streaming) => {
    const messages = call.messages.map((message) => stateFailure(keepSigned(message)));
    const prepared = toCallOptions({ ...call, messages }, rules(call));
    adjust(prepared, call);
    const { url, init } = await captureRequest(languageModel(call.model), prepared, streaming, blank);
    return { url, init, answerTool: findAnswerTool(call, init.body) };
  };
  return { traits: sdkTraits, build, dropped: options.dropped };
}

/** As `createSdkRequests`, for embeddings. */
export function createSdkEmbeddings(makeModel: (id: string) => EmbeddingModelV4): EmbeddingRequests {
  const embeddingModel = perModel(makeModel);
  return {
    valuesMax: async (model) =>
      (await embeddingModel(model).maxEmbeddingsPerCall) ?? Number.POSITIVE_INFINITY,
    async build(model, values, dimensions) {
      const request = await captureEmbeddingRequest(embeddingModel(model), {
        values: [...values],
        ...(dimensions === undefined ? {} : { dimensions }),
      });
      return { url: request.url, init: request.init, answerTool: null };
    },
  };
}
