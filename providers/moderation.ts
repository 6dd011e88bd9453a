import type { ModeratedText, ModerationScores } from '#core/moderation-categories.ts';
import type { ProviderUsage } from './provider.ts';

/** Texts for an AI model for moderation. */
export interface ModerationCall {
  /** The provider's own name of the AI model. */
  readonly model: string;
  /** One or more, none of them empty, of at most 10,000 characters together. */
  readonly texts: readonly ModeratedText[];
  readonly signal?: AbortSignal;
}

export interface ModerationAnswer {
  /** Of each category the highest score of all texts. Never empty. */
  readonly scores: ModerationScores;
  readonly usage: ProviderUsage;
}
