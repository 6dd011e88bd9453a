import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { showControls } from '#core/text/control-characters.ts';
import { activeSpan } from '#core/tracing/span.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { createRedact } from './secrets/redact.ts';

const causesMax = 5;

/** What stands in quotes: an apostrophe within or after a word quotes nothing. */
const quoted = /"(?:[^"\\]|\\.)*"?|`[^`]*`?|(?<![\p{L}\p{N}])'[^']*'/gu;

/** The text without what it quotes: libraries and databases quote the values that clients sent. */
function withoutQuoted(text: string): string {
  return text.replace(quoted, (found) => `${found[0]}…${found[0]}`);
}

/**
 * An error as it is logged: what it is, what it states without what it quotes, where it came from, and why. Nothing else
 * of it: libraries attach the command or the request to their errors, and with it passwords, keys and what clients wrote.
 */
export function loggedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutQuoted(String(error)) };
  const { message, cause } = error;
  const stack = readFrames(error);
  // Its words and its causes are a vendor's, which may repeat what the client wrote.
  if (error instanceof ProviderFailure)
    return { type: error.name, code: error.code, status: error.status, stack };
  const { code } = error as { readonly code?: unknown };
  return {
    type: error.name,
    message: withoutQuoted(message),
    stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error instanceof AggregateError && depth < causesMax
      ? { errors: error.errors.slice(0, causesMax).map((inner) => loggedError(inner, depth + 1)) }
      : {}),
    ...(cause === undefined || depth >= causesMax ? {} : { cause: loggedError(cause, depth + 1) }),
  };
}

/** The places alone: a stack begins with the message, which may have any number of lines, and lines that look like places. */
function readFrames({ message, stack }: Error): string | undefined {
  const begin = message === '' ? -1 : (stack?.indexOf(message) ?? -1);
  const places = begin === -1 ? stack : stack?.slice(begin + message.length);
  return places?.slice(places.search(/^\s+at /m)).trimStart();
}

/**
 * JSON lines on standard error, or in `out`, without the secrets of the environment as it is now, each with the trace that it belongs to. No text within a line
 * ends it, or reaches a terminal as an escape. Its `level` may be changed while it is used: the logs that were derived from it follow.
 */
export function createLog(level: string, out: DestinationStream = standardError()): Logger {
  const redact = createRedact(process.env);
  return pino(
    {
      level,
      mixin: describeTrace,
      serializers: { err: (error: unknown) => loggedError(error) },
      hooks: { streamWrite: (line) => toPlainLine(redact(line)) },
    },
    out,
  );
}

/** A line of JSON with escapes for what JSON leaves as it is: C1 controls, which terminals obey, other line ends, and marks of direction. */
function toPlainLine(line: string): string {
  return `${showControls(line.trimEnd())}\n`;
}

/** The trace that a line belongs to; nothing where none is recorded. */
function describeTrace(): { readonly traceId?: string } {
  const span = activeSpan();
  return span === undefined ? {} : { traceId: span.context.traceId };
}

function standardError(): DestinationStream {
  return destination({ dest: 2, sync: false });
}
