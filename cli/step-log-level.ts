import type { Logger } from 'pino';
import { changeLogLevel, logLevels } from '#server/shared-state/log-level.ts';

/** The level after `current`: one that logs more, and after the last one `configured` again. */
export function nextLogLevel(current: string, configured: string): string {
  return logLevels[logLevels.indexOf(current) + 1] ?? configured;
}

/**
 * Each SIGUSR2 has the process log one level more, and after `trace` as much as `configured` again: for a look at a process that must
 * not be started anew. The returned function stops that. Windows has no such signal.
 */
export function stepLogLevelBySignal(log: Pick<Logger, 'level' | 'warn'>, configured: string): () => void {
  if (process.platform === 'win32') return () => undefined;
  const step = () => changeLogLevel(log, nextLogLevel(log.level, configured));
  process.on('SIGUSR2', step);
  return () => void process.off('SIGUSR2', step);
}
