import type { CacheScope, CacheUse, OnDisconnect } from '#core/graph-enums.ts';
import type { CallLabelsInput } from './labels.ts';

/** The input types of schema.graphql, as graphql-js hands them over. */
export interface ContentPartInput {
  readonly text?: string | null;
  readonly imageUrl?: string | null;
  readonly data?: string | null;
  readonly mediaType?: string | null;
}

export interface MessageInput {
  readonly role: 'SYSTEM' | 'USER' | 'ASSISTANT' | 'TOOL';
  readonly content?: string | null;
  readonly parts?: readonly ContentPartInput[] | null;
  readonly toolCalls?:
    | readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[]
    | null;
  readonly toolCallId?: string | null;
}

export interface ToolInput {
  readonly name: string;
  readonly description?: string | null;
  readonly parameters: unknown;
}

/** What complete and runPrompt have in common. */
export interface CallOptionsInput extends CallLabelsInput {
  readonly cache?: CacheUse | null;
  readonly cacheScope?: CacheScope | null;
  readonly onDisconnect?: OnDisconnect | null;
  readonly idempotencyKey?: string | null;
}

export interface CompletionInput extends CallOptionsInput {
  readonly model: string;
  readonly messages: readonly MessageInput[];
  readonly temperature?: number | null;
  readonly topP?: number | null;
  readonly maxOutputTokens?: number | null;
  readonly stop?: readonly string[] | null;
  readonly seed?: number | null;
  readonly tools?: readonly ToolInput[] | null;
  readonly toolChoice?: string | null;
  readonly responseSchema?: unknown;
  readonly reasoningEffort?: string | null;
  readonly metadata?: unknown;
}

export interface RunPromptInput extends CallOptionsInput {
  readonly name: string;
  readonly version?: number | null;
  readonly label?: string | null;
  readonly variables: unknown;
}

export interface EmbedInput extends CallLabelsInput {
  readonly model: string;
  readonly values: readonly string[];
  readonly dimensions?: number | null;
}
