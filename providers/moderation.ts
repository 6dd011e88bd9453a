import type { ModeratedContent } from '#core/moderation-categories.ts';

/** What an AI model for moderation is to classify. */
export type ModerationCall = ModeratedContent & {
  /** The provider's own name of the AI model. */
  readonly model: string;
  readonly signal?: AbortSignal;
};
