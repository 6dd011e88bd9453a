import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { foldUsage, settledUntil } from './fold.ts';

const everyMs = 60_000;
/** What the clocks of two processes may differ. */
const clocksDifferMs = 5 * 60_000;

export interface KeepSummedOptions {
  readonly log: Logger;
  /** No other process writes rows. */
  readonly isAlone: boolean;
}

/** Sums the ledger as time passes (fold.ts), until it is disposed. Failures are logged: it is done later. */
export function keepUsageSummed(connection: Connection, { log, isAlone }: KeepSummedOptions): Disposable {
  const ending = new AbortController();
  let running = false;
  let settledBefore = 0;
  const run = async () => {
    if (running) return;
    running = true;
    try {
      const options = { nowMs: Date.now(), clocksDifferMs: isAlone ? 0 : clocksDifferMs };
      await foldUsage(connection, { ...options, settledBefore, signal: ending.signal });
      settledBefore = settledUntil(options);
    } catch (error) {
      if (!ending.signal.aborted) log.warn({ err: error }, 'the usage of calls could not be summed');
    }
    running = false;
  };
  const timer = setInterval(() => void run(), everyMs);
  timer.unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      ending.abort();
    },
  };
}
