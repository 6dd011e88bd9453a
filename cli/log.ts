import { destination, type Logger, pino } from 'pino';

const causesMax = 5;

/**
 * An error as it is logged: what it is, what it says, where it came from, and why. Nothing else of it: libraries hang
 * the command or the request on their errors, and with it passwords, keys and what clients wrote.
 */
export function loggedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { message, stack, cause } = error;
  const { code } = error as { readonly code?: unknown };
  return {
    type: error.name,
    message,
    stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error instanceof AggregateError && depth < causesMax
      ? { errors: error.errors.slice(0, causesMax).map((inner) => loggedError(inner, depth + 1)) }
      : {}),
    ...(cause === undefined || depth >= causesMax ? {} : { cause: loggedError(cause, depth + 1) }),
  };
}

/** JSON lines on standard error. */
export function createLog(level: string): Logger {
  return pino(
    { level, serializers: { err: (error: unknown) => loggedError(error) } },
    destination({ dest: 2, sync: false }),
  );
}
