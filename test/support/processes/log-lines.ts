import { type Logger, pino } from 'pino';
import { loggedError } from '#server/log.ts';

/** A line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A log that keeps its lines, as the process would write them. */
export function keptLog(level = 'trace'): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = pino(
    { level, base: null, timestamp: false, serializers: { err: (error: unknown) => loggedError(error) } },
    { write: (text) => void lines.push(JSON.parse(text)) },
  );
  return { log, lines };
}
