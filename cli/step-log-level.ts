import type { Logger } from 'pino';

/** From few lines to many. */
const levels: readonly string[] = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** The level after `current`: one that logs more, and after the last one `configured` again. */
export function nextLogLevel(current: string, configured: string): string {
  return levels[levels.indexOf(current) + 1] ?? configured;
}

/**
 * Each SIGUSR2 has the process log one level more, and after `trace` as much as `configured` again: for a look at a process that must
 * not be started anew. The returned function stops that. Windows has no such signal.
 */
export function stepLogLevelBySignal(log: Pick<Logger, 'level' | 'warn'>, configured: string): () => void {
  if (process.platform === 'win32') return () => undefined;
  const step = () => {
    const from = log.level;
    const to = nextLogLevel(from, configured);
    // The line is written at the level that logs more.
    if (to !== configured) log.level = to;
    log.warn({ event: 'log_level', from, to }, 'the log level was changed');
    log.level = to;
  };
  process.on('SIGUSR2', step);
  return () => void process.off('SIGUSR2', step);
}
