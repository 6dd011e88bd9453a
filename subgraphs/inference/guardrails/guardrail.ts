/** What a guardrail says of a text. The reason is for the client and quotes nothing of the text. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export interface GuardedText {
  /** Everything that the stage looks at, in order: the messages' texts, or the answer's text and arguments. */
  readonly texts: readonly string[];
  readonly tenantId: string | null;
}

/**
 * Looks at what goes to an AI model and at what comes back. A stage that is absent costs nothing. What throws counts
 * as a refusal: a guardrail fails closed. Deliberately absent: changing the text; providers; the database.
 */
export interface Guardrail {
  readonly name: string;
  checkInput?(input: GuardedText): Verdict | Promise<Verdict>;
  checkOutput?(output: GuardedText): Verdict | Promise<Verdict>;
}
