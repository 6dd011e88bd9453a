import { forReasoningModel } from '../openai/endpoints.ts';
import { thinkingPlace } from '../translate/thinking.ts';
import type { UsageDialect } from '../translate/usage-report.ts';
import type { MakeProvider } from '../vendor.ts';
import { writeCompatibleFile } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { createEmbeddingRequests, type EmbeddingDialect } from '../wires/embeddings/embeddings-request.ts';
import { createOpenaiModeration, openaiCategories } from '../wires/moderation/openai-moderation.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';
import { withoutChat } from '../without-chat.ts';

/** Chat completions of servers before any AI models, those of OpenAI among them. */
export const compatibleChat: ChatDialect = {
  hasAlternatives: true,
  hasAudio: true,
  takesPartFields: true,
  takesCallFields: true,
  writeFile: writeCompatibleFile,
  thinkingPlace: (model) =>
    thinkingPlace(model) === null ? null : { reasoning_content: thinkingPlace(model) },
  reasoningField: (model) => (thinkingPlace(model) === null ? undefined : 'reasoning_content'),
  streamUsage: true,
  adapt: forReasoningModel,
};

export interface CompatibleOptions {
  /** Where the vendor's chat completions differ from the common ones. */
  readonly chat?: Partial<ChatDialect>;
  readonly usage?: UsageDialect;
  /** Where its embeddings do; null: it has none. */
  readonly embeddings?: EmbeddingDialect | null;
  /** It has OpenAI's moderation. */
  readonly moderates?: true;
}

/** What makes providers of a vendor: chat completions and embeddings below the base URL. */
export function compatibleWith({
  chat = {},
  usage,
  embeddings = {},
  moderates,
}: CompatibleOptions): MakeProvider {
  const adapt: ChatDialect['adapt'] = (body, call) => {
    forReasoningModel(body);
    chat.adapt?.(body, call);
  };
  const dialect = { ...compatibleChat, ...chat, adapt };
  return ({ kind, baseUrl, secret, fetch }) => {
    const headers = requestHeaders(bearer(secret));
    return createWireProvider({
      kind,
      wire: chatWire(usage),
      requests: createChatRequests({ url: `${baseUrl}/chat/completions`, headers, dialect }),
      embeddings:
        embeddings === null
          ? null
          : createEmbeddingRequests({ ...embeddings, url: `${baseUrl}/embeddings`, headers }),
      ...(moderates === undefined
        ? {}
        : {
            moderation: createOpenaiModeration({
              url: `${baseUrl}/moderations`,
              headers,
              categories: openaiCategories,
              takesImages: true,
            }),
          }),
      secret,
      fetch,
    });
  };
}

/** Vendors without a difference. */
export const createCompatible = compatibleWith({});

/** The same of those that moderate too. */
export const createModerating = compatibleWith({ moderates: true });

/** The same of those that do not embed. */
export const createChatCompatible = compatibleWith({ embeddings: null });

/** What makes providers of a vendor that embeds and has no chat. */
export function embeddingsWith(embeddings: EmbeddingDialect): MakeProvider {
  const make = compatibleWith({ embeddings });
  return (options) => {
    const { embed } = make(options);
    return { embed, ...withoutChat('embeddings') };
  };
}
