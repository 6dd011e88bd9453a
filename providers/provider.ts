import type { ErrorCode } from '#core/errors.ts';
import type { FinishReason, OutlineKind, ProviderKind } from '#core/graph-enums.generated.ts';
import type { ModerationScores } from '#core/moderation-categories.ts';
import type { AudioAnswer, AudioOutput } from './audio.ts';
import type { ModerationCall } from './moderation.ts';

export type { FinishReason, ProviderKind } from '#core/graph-enums.generated.ts';

/** Further fields of a part or a tool in a provider's own request, by wire format. */
export type OwnFields = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * A part of a message. `cache` marks the end of a prefix that the provider is to cache. `own` fields with a `type` take the
 * place of the part for their wire format.
 */
export type ContentPart =
  | {
      readonly type: 'text';
      readonly text: string;
      /** The refusal of an earlier answer. */
      readonly isRefusal?: true;
      readonly cache?: true;
      readonly own?: OwnFields;
    }
  /** `data` is base64 without a data: prefix; exactly one of url and data. */
  | {
      readonly type: 'file';
      readonly mediaType: string;
      readonly url?: string;
      readonly data?: string;
      /** How closely an image is read. */
      readonly detail?: string;
      readonly audioFormat?: string;
      readonly filename?: string;
      readonly cache?: true;
      readonly own?: OwnFields;
    };

export type TextPart = ContentPart & { readonly type: 'text' };

/** A block of an answer in the provider's own form. */
export interface ProviderBlock {
  /** The wire format. */
  readonly format: string;
  readonly block: unknown;
  /** Characters of the text of the answer before it. */
  readonly textOffset: number;
}

/** A block of reasoning, with what its provider requires to recognize it. */
export interface ReasoningBlock {
  readonly text: string | null;
  readonly signature: string | null;
  /** Encrypted: only the provider can read it. */
  readonly redacted: string | null;
  /** The tool call that the signature belongs to; null: the block itself. */
  readonly toolCallId: string | null;
  /** The kind of the provider that returned it. */
  readonly provider: ProviderKind;
  /** Further fields of the block in the provider's own form; absent: none. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A block as a client sends it. Without its provider, nothing but its text is sent to any. */
export interface SentReasoning extends Omit<ReasoningBlock, 'provider'> {
  readonly provider: ProviderKind | null;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  /** Further fields of the call; absent: none. */
  readonly own?: OwnFields;
}

/** `name`: its author among several of its role; `own` without parts: further fields of its last text; `resultOwn`: of the result. */
export type ProviderMessage =
  | {
      readonly role: 'system';
      readonly content: string;
      readonly name?: string;
      readonly cache?: true;
      readonly own?: OwnFields;
    }
  | { readonly role: 'user'; readonly parts: readonly ContentPart[]; readonly name?: string }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly name?: string;
      readonly toolCalls: readonly ToolCall[];
      readonly reasoning?: readonly SentReasoning[];
      /** The audio of an earlier answer, which the provider keeps. */
      readonly audioId?: string;
      readonly cache?: true;
      /** Present where a part has own fields or is a refusal: all of `text`, in order. */
      readonly parts?: readonly TextPart[];
    }
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly toolName: string;
      /** All of it that is text. */
      readonly content: string;
      /** Present where there is more than one text: all of it, in order. */
      readonly parts?: readonly ContentPart[];
      readonly isError?: true;
      readonly cache?: true;
      readonly own?: OwnFields;
      readonly resultOwn?: OwnFields;
    };

/** One call of one AI model, already validated; what a provider cannot do is refused with BAD_USER_INPUT. */
export interface ProviderCall {
  /** The provider's own name of the model. */
  readonly model: string;
  readonly messages: readonly ProviderMessage[];
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly tools?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly strict?: boolean;
    readonly cache?: true;
    readonly own?: OwnFields;
  }[];
  /** Tools that the provider runs, in its own form, by wire format. */
  readonly providerTools?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** auto, none, required, or a tool's name. */
  readonly toolChoice?: string;
  /** Which tool to call where `toolChoice` cannot state it, in the provider's own form, by wire format. */
  readonly providerToolChoice?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** JSON Schema of the answer. */
  readonly responseSchema?: Readonly<Record<string, unknown>>;
  /** What the request states beside the schema; absent: the adapter's own name, nothing, and strictly where the schema allows it. */
  readonly responseSchemaName?: string;
  readonly responseSchemaDescription?: string;
  readonly responseSchemaStrict?: boolean;
  /** The request is for a JSON object, and has no schema where the vendor takes one without. */
  readonly responseJsonObject?: true;
  readonly reasoningEffort?: string;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** How many of the likeliest tokens to name at each place, 0 or more; absent: no log probabilities. */
  readonly topLogprobs?: number;
  readonly parallelToolCalls?: boolean;
  /** Independent answers to return: 2 or more; absent: one. */
  readonly alternatives?: number;
  /** The answer is to be spoken. */
  readonly audio?: AudioOutput;
  /** Further fields of requests, by kind of provider in lower case or by wire format. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly signal?: AbortSignal;
}

/** The provider's own count. Input includes cached input; output includes reasoning. */
export interface ProviderUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  /** Of cacheWriteTokens, those that the provider keeps for an hour; left out where there are none. */
  readonly cacheWrite1hTokens?: number;
  readonly reasoningTokens: number;
  /** The provider sent no count: ceil(bytes / 4) of the texts stands in, so that nothing is billed as nothing. */
  readonly estimated?: true;
}

/** The count of a call that used nothing. */
export const noUsage: ProviderUsage = Object.freeze({
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
});

/** What two counts come to; estimated where one of them is. */
export function addUsage(a: ProviderUsage, b: ProviderUsage): ProviderUsage {
  const cacheWrite1hTokens = (a.cacheWrite1hTokens ?? 0) + (b.cacheWrite1hTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    ...(cacheWrite1hTokens > 0 ? { cacheWrite1hTokens } : {}),
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    ...(a.estimated === true || b.estimated === true ? { estimated: true as const } : {}),
  };
}

/** The parts of an answer. `alternative` is the number of a further answer, from 1; absent: the first. */
export type ProviderPart =
  | { readonly type: 'text'; readonly text: string; readonly alternative?: number }
  | { readonly type: 'reasoning'; readonly text: string; readonly alternative?: number }
  /** A block is complete; its text has come before, as `reasoning`. */
  | { readonly type: 'reasoning-block'; readonly block: ReasoningBlock }
  | { readonly type: 'refusal'; readonly text: string; readonly alternative?: number }
  /** In the provider's own form. */
  | { readonly type: 'citation'; readonly citation: unknown }
  /** A block that is no other part, complete, in the form of the wire format. */
  | { readonly type: 'provider-block'; readonly format: string; readonly block: unknown }
  /** Progress of such a block before it is complete: an event in the form of the wire format. It is no part of the answer. */
  | { readonly type: 'provider-block-change'; readonly format: string; readonly change: unknown }
  /** Tokens in the form of OpenAI's chat completions. */
  | { readonly type: 'logprobs'; readonly tokens: readonly unknown[]; readonly alternative?: number }
  /** A part of the audio; each field only where it is known by now. `data` is base64 of its own. */
  | ({ readonly type: 'audio' } & Partial<AudioAnswer>)
  /** Why a further answer ended. */
  | { readonly type: 'alternative-finish'; readonly alternative: number; readonly reason: FinishReason }
  | {
      readonly type: 'tool-call';
      readonly alternative?: number;
      readonly index: number;
      /** On the first part of a call. */
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
      /** Further fields of the call, whole; absent: none, or those of an earlier part. */
      readonly own?: OwnFields;
    }
  /** What is known of the usage before the end (Anthropic reports the input at once); kept for billing an aborted stream. */
  | { readonly type: 'usage'; readonly usage: ProviderUsage }
  /** Always last. A stream that ends without it was cut: the adapter throws PROVIDER_ERROR itself. */
  | ({
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly usage: ProviderUsage;
    } & FinishDetails);

/** What few answers state of how they were made, and of their end. */
export interface FinishDetails {
  /** The provider's own word for the reason, where it states more. */
  readonly detail?: string;
  /** The stop string that ended the answer. */
  readonly stopSequence?: string;
  /** The provider's name for the configuration of the AI model that answered. */
  readonly fingerprint?: string;
  /** The tier of service that the provider states for the answer, in its own word. */
  readonly serviceTier?: string;
}

/** A further answer to the same request. */
export interface AlternativeAnswer {
  readonly index: number;
  readonly text: string;
  readonly reasoning: string | null;
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  readonly logprobs: Logprobs | null;
  readonly finishReason: FinishReason;
}

/** As in OpenAI's chat completions. */
export interface Logprobs {
  readonly content: readonly unknown[];
}

/**
 * A part of an answer at its place among the others: `index` is that of a block or a call among its like; of TEXT, the characters of the
 * text before it.
 */
export interface OutlineItem {
  readonly kind: OutlineKind;
  readonly index: number;
}

/** What few answers have. */
export interface AnswerExtras {
  readonly audio?: AudioAnswer;
  readonly reasoningBlocks?: readonly ReasoningBlock[];
  readonly refusal?: string;
  /** In the provider's own form. */
  readonly citations?: readonly unknown[];
  readonly providerBlocks?: readonly ProviderBlock[];
  /** The order of the parts; absent: reasoning, then the text with the provider's blocks in their places, then the calls. */
  readonly outline?: readonly OutlineItem[];
  readonly finish?: FinishDetails;
  readonly logprobs?: Logprobs;
  readonly alternatives?: readonly AlternativeAnswer[];
}

export interface ProviderAnswer {
  readonly text: string;
  readonly reasoning: string | null;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: ProviderUsage;
  /** Absent where there is none of it. */
  readonly extras?: AnswerExtras;
}

export interface EmbeddingAnswer {
  readonly vectors: readonly (readonly number[])[];
  readonly usage: ProviderUsage;
}

/** Follows an embedding that takes several requests: when one fails, what was answered is not requested again. */
export interface EmbeddingProgress {
  /** So many values are sent, from the first on that has no vector yet. */
  sends(count: number): void;
  /** The result of one request: vectors of the values that were sent, or none where the answer is of no use, and its cost. */
  answered(part: EmbeddingAnswer): void;
}

export interface ModerationAnswer {
  /** Of each category the highest score of all texts. Never empty. */
  readonly scores: ModerationScores;
  readonly usage: ProviderUsage;
}

/**
 * One provider with one credential. Stateless and safe to share; every method honours `signal` and rejects with
 * ProviderFailure and nothing else (an abort by the signal rejects with the signal's reason).
 * Deliberately absent: retries, fallback, timeouts, metering. They are the caller's.
 */
export interface Provider {
  /** Names the fields of the call that are not sent; absent, or undefined: none. Those of `providerOptions` by their path. */
  dropped?(call: ProviderCall): readonly string[] | undefined;
  /** The input tokens of the call, as the provider counts them; absent where it has no endpoint for that. */
  countTokens?(call: ProviderCall): Promise<number>;
  generate(call: ProviderCall): Promise<ProviderAnswer>;
  /** Pulls from the wire only as fast as it is read; returning early aborts the call. */
  stream(call: ProviderCall): AsyncIterable<ProviderPart>;
  embed(call: {
    readonly model: string;
    readonly values: readonly string[];
    readonly dimensions?: number;
    readonly signal?: AbortSignal;
    readonly progress?: EmbeddingProgress;
  }): Promise<EmbeddingAnswer>;
  /** Classifies texts; absent where the provider has no endpoint for that. */
  moderate?(call: ModerationCall): Promise<ModerationAnswer>;
}

/** A provider that does not embed. */
export type LanguageProvider = Omit<Provider, 'embed'>;

/** What makes a provider. Made once per provider and credential, never per call. */
export interface ProviderOptions {
  readonly kind: ProviderKind;
  /** A checked http(s) URL; null: the vendor's own. */
  readonly baseUrl: string | null;
  /** Vendor region (Vertex, Bedrock); null where it has no meaning. */
  readonly region: string | null;
  /**
   * The credential's secret, in the vendor's one-line form: an API key; for BEDROCK a bearer key or
   * `accessKeyId:secretAccessKey[:sessionToken]`; for VERTEX an API key or a service account's JSON. Null: none needed.
   */
  readonly secret: string | null;
  /**
   * One tenant alone may use the account of the credential: its calls may name what the account keeps, such as files. Absent: several may.
   */
  readonly isExclusive?: boolean;
  readonly fetch: typeof globalThis.fetch;
}

/** A provider's failure in our words. The message is for the client: no secret, no vendor page, at most 500 characters. */
export class ProviderFailure extends Error {
  readonly code: ErrorCode;
  /** May the same call be tried again, here or on another model? Decided where the status is known. */
  readonly retryable: boolean;
  readonly status: number | null;
  /** From the vendor's retry-after headers, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** What this call requested was refused: its code would have another call go elsewhere, but the next one may be answered. */
  readonly isAboutCall: boolean;
  /** The vendor's words that alone determine the code; null: its status or its own codes do. A vendor may repeat the client's. */
  readonly evidence: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly retryable: boolean;
      readonly status?: number | null;
      readonly retryAfterMs?: number | null;
      readonly isAboutCall?: boolean;
      readonly evidence?: string | null;
      readonly cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProviderFailure';
    this.code = code;
    this.retryable = options.retryable;
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.isAboutCall = options.isAboutCall ?? false;
    this.evidence = options.evidence ?? null;
  }
}
