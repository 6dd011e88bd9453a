/** The collector has not taken an export. It holds nothing of what the collector answered, which may repeat a token. */
export class CollectorFailure extends Error {
  /** Such as `HTTP 503`, `GRPC 14` or ECONNREFUSED. */
  readonly code: string;
  /** Whether the same export may be taken later. */
  readonly isRetryable: boolean;

  constructor(code: string, isRetryable: boolean) {
    super(`The collector has not taken the spans: ${code}.`);
    this.name = 'CollectorFailure';
    this.code = code;
    this.isRetryable = isRetryable;
  }
}

const codePattern = /^[A-Z][A-Z0-9_]{1,63}$/;

/** A connection that failed, by the code of the system. */
export function toConnectionFailure(error: unknown): CollectorFailure {
  if (error instanceof CollectorFailure) return error;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return new CollectorFailure(
    typeof code === 'string' && codePattern.test(code) ? code : 'UNREACHABLE',
    true,
  );
}
