import type { Logger } from 'pino';
import type { Bus } from '#state/bus/bus.ts';

/** From few lines to many. */
export const logLevels: readonly string[] = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

type LeveledLog = Pick<Logger, 'level' | 'warn'>;

/** Changes how much is logged, of the log and of those that were derived from it. Its line is written at whichever of both levels logs more. */
export function changeLogLevel(log: LeveledLog, to: string): void {
  const from = log.level;
  if (logLevels.indexOf(to) > logLevels.indexOf(from)) log.level = to;
  log.warn({ event: 'log_level', from, to }, 'the log level was changed');
  log.level = to;
}

/**
 * Logs as much as `setLogLevel` of the graph has set for the mesh, until the time is over; then as much as `configured` again. Disposing leaves the
 * level as it is.
 */
export async function followLogLevel(
  log: LeveledLog,
  configured: string,
  bus: Pick<Bus, 'subscribe'>,
): Promise<AsyncDisposable> {
  let timer: NodeJS.Timeout | undefined;
  const listening = await bus.subscribe('log.level', ({ level, forMs }) => {
    clearTimeout(timer);
    changeLogLevel(log, level ?? configured);
    if (forMs === null) return;
    timer = setTimeout(() => changeLogLevel(log, configured), forMs);
    timer.unref();
  });
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await listening[Symbol.asyncDispose]();
    },
  };
}
