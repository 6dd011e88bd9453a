/** How an answer is spoken; what is absent is the provider's default. */
export interface AudioOutput {
  readonly voice?: string;
  readonly format?: string;
}

/** A spoken answer. */
export interface AudioAnswer {
  /** By which the provider finds it again, as long as it keeps it; null: it keeps none. */
  readonly id: string | null;
  /** The audio in base64. */
  readonly data: string;
  /** Null: the provider returns none. */
  readonly transcript: string | null;
  /** Until when the provider keeps it; null: unknown. */
  readonly expiresAtMs: number | null;
}
