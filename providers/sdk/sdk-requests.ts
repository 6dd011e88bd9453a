import type { EmbeddingModelV4, LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ProviderCall } from '../provider.ts';
import { toCallOptions } from '../translate/call-options.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import type { EmbeddingRequests } from '../wires/embeddings/embed.ts';
import { restoreArgumentTexts } from '../wires/shared/argument-texts.ts';
import type { Fields } from '../wires/shared/fields.ts';
import { perModel } from '../wires/shared/model-cache.ts';
import type { Wire } from '../wires/shared/wire.ts';
import type { BuildRequest, WireRequest } from '../wires/shared/wire-request.ts';
import { embeddingRequestOf, requestOf } from './captured-request.ts';
import { PlainRequests } from './plain-requests.ts';

export interface SdkRequestOptions {
  /** Made with `captureFetch`: they build requests and send none. */
  readonly languageModel: (id: string) => LanguageModelV4;
  readonly wire: Pick<Wire, 'blank' | 'toolNames'>;
  /** The SDK signs each request: it is sent as it was built. */
  readonly signed?: boolean;
  /** What this vendor's API demands of a conversation. */
  readonly rules?: (call: ProviderCall) => ConversationRules;
  /** What this vendor needs beside the options of all. */
  readonly adjust?: (options: LanguageModelV4CallOptions, call: ProviderCall) => void;
}

/** Requests that one of the AI SDK's packages builds, for vendors whose wire we do not write ourselves. */
export function createSdkRequests(options: SdkRequestOptions): BuildRequest {
  const { rules, adjust, signed = false, wire } = options;
  const languageModel = perModel(options.languageModel);

  async function build(call: ProviderCall, streaming: boolean) {
    const prepared = toCallOptions(call, rules?.(call));
    adjust?.(prepared, call);
    const request = await requestOf(languageModel(call.model), prepared, streaming, wire.blank);
    return signed ? request : restoreArgumentTexts(request, prepared.prompt);
  }

  /** A tool that the caller does not know is the SDK's, to have the answer through its arguments. */
  function answerTool(call: ProviderCall, body: Fields): string | null {
    return wire.toolNames(body).find((given) => !call.tools?.some((tool) => tool.name === given)) ?? null;
  }

  const plain = new PlainRequests(build);
  return async (call, streaming): Promise<WireRequest> => {
    const { url, init } = signed ? await build(call, streaming) : await plain.requestOf(call, streaming);
    const tool = call.responseSchema === undefined ? null : answerTool(call, JSON.parse(String(init.body)));
    return { url, init, answerTool: tool };
  };
}

/** Some of the SDK's packages take the length of the vectors as an option of their own, and else leave it out. */
export function withDimensions(dimensions: number) {
  return {
    dimensions,
    providerOptions: { cohere: { outputDimension: dimensions }, perplexity: { dimensions } },
  };
}

/** As `createSdkRequests`, for embeddings. */
export function createSdkEmbeddings(makeModel: (id: string) => EmbeddingModelV4): EmbeddingRequests {
  const embeddingModel = perModel(makeModel);
  return {
    valuesMax: async (model) =>
      (await embeddingModel(model).maxEmbeddingsPerCall) ?? Number.POSITIVE_INFINITY,
    async build(model, values, dimensions) {
      const request = await embeddingRequestOf(embeddingModel(model), {
        values: [...values],
        ...(dimensions === undefined ? {} : withDimensions(dimensions)),
      });
      return { url: request.url, init: request.init, answerTool: null };
    },
  };
}
