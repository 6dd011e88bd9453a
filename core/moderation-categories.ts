/** The categories of harm that moderation scores, by one name for all providers. */
export const moderationCategories = [
  'HATE',
  'HARASSMENT',
  'VIOLENCE',
  'SELF_HARM',
  'SEXUAL',
  'SEXUAL_MINORS',
  'ILLICIT',
  'PROMPT_ATTACK',
  'HEALTH_ADVICE',
  'FINANCIAL_ADVICE',
  'LEGAL_ADVICE',
  'PERSONAL_DATA',
  /** All that a provider scores and that has no name here. */
  'OTHER',
] as const;

export type ModerationCategory = (typeof moderationCategories)[number];

/** What a provider states of a category in the texts of one call. */
export interface CategoryScore {
  /** 0 to 1. */
  readonly score: number;
  /** The provider's own verdict. */
  readonly isFlagged: boolean;
}

/** A category that the provider does not score is absent. */
export type ModerationScores = Readonly<Partial<Record<ModerationCategory, CategoryScore>>>;

/** A text that a provider classifies. */
export interface ModeratedText {
  readonly text: string;
  /** A document or the result of a tool: its author is another than that of the prompt. */
  readonly isDocument: boolean;
}
