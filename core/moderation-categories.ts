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

/** What a provider classifies at once: texts, an image, or the last message of a conversation. */
export type ModeratedContent =
  /** One or more, none of them empty, of at most 10,000 characters together. */
  | { readonly texts: readonly ModeratedText[] }
  | { readonly image: ModeratedImage }
  /** One or more, of at most 10,000 characters together. */
  | { readonly conversation: readonly ModeratedMessage[] };

/** A message of a conversation that a provider classifies. */
export interface ModeratedMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
}

/** An image that a provider classifies, as the client sent it. */
export interface ModeratedImage {
  readonly mediaType: string;
  /** Base64 without a data: prefix. */
  readonly data: string;
}

/** A text that a provider classifies. */
export interface ModeratedText {
  readonly text: string;
  /** A document or the result of a tool: its author is another than that of the prompt. */
  readonly isDocument: boolean;
}
