import type { ModeratedText } from '#core/moderation-categories.ts';

/** Texts for an AI model for moderation. */
export interface ModerationCall {
  /** The provider's own name of the AI model. */
  readonly model: string;
  /** One or more, none of them empty, of at most 10,000 characters together. */
  readonly texts: readonly ModeratedText[];
  readonly signal?: AbortSignal;
}
