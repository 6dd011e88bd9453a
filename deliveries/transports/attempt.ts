/** The outcome of one attempt to send one event. */
export interface AttemptOutcome {
  /**
   * REFUSED: the receiver works, and does not take this event. UNAVAILABLE: it takes nothing now. GONE: it requests that
   * nothing more is sent.
   */
  readonly outcome: 'DELIVERED' | 'REFUSED' | 'UNAVAILABLE' | 'GONE';
  /** The HTTP status; null: there was none. */
  readonly status: number | null;
  /** Why it failed, without words of the receiver or addresses; null: it did not. */
  readonly error: string | null;
  /** The wait that the receiver requested; null: none. */
  readonly retryAfterMs: number | null;
}

/** How long one attempt may take, from the connection to the status. */
export const attemptMsMax = 15_000;

export const delivered: AttemptOutcome = {
  outcome: 'DELIVERED',
  status: null,
  error: null,
  retryAfterMs: null,
};

export function unavailable(error: string): AttemptOutcome {
  return { outcome: 'UNAVAILABLE', status: null, error, retryAfterMs: null };
}

const codeForm = /^[A-Z][A-Z\d_]{1,50}$/;

/** Why a connection failed, by the code of the error alone: messages may name addresses, or quote the receiver. */
export function describeFailure(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as Error & { readonly code?: unknown };
    if (code === 'NO_ROUTE') return 'The address may not be called.';
    if (typeof code === 'string' && codeForm.test(code)) return `The connection failed (${code}).`;
  }
  return 'The connection failed.';
}
