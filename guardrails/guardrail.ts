/** What a guardrail states of a text. The reason is for the client and quotes nothing of the text. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export interface GuardedText {
  /** Every text that goes to the AI model, the messages first and in their order; or every text of the answer. */
  readonly texts: readonly string[];
  /** Addresses of files that the AI model is to read; they are among the texts as well. */
  readonly urls: readonly string[];
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
