/** Throws again what a `catch` does not expect: a defect must not pass for a mistake of whoever wrote the text. */
export function expectError(
  error: unknown,
  ...expected: readonly (abstract new (
    ...args: never[]
  ) => Error)[]
): void {
  if (!expected.some((kind) => error instanceof kind)) throw error;
}
