import { Cursor, MemoryLog } from './memory-log.ts';
import {
  type LoggedEvent,
  type StreamLogBounds,
  StreamLogLost,
  type StreamLogs,
  streamLogBounds,
} from './stream-log.ts';

export interface MemoryStreamLogsOptions extends Partial<StreamLogBounds> {
  readonly now?: () => number;
}

/** The stream logs of one process. */
export function createMemoryStreamLogs(options: MemoryStreamLogsOptions = {}): StreamLogs {
  const { now = Date.now, ...given } = options;
  const bounds = { ...streamLogBounds, ...given };
  const logs = new Map<string, MemoryLog<unknown>>();
  /** Ended logs, oldest first. */
  const kept = new Map<MemoryLog<unknown>, { readonly untilMs: number }>();
  let keptSize = 0;

  function forget(log: MemoryLog<unknown>): void {
    kept.delete(log);
    keptSize -= log.size;
    logs.delete(log.id);
  }

  function tidy(): void {
    const nowMs = now();
    for (const [log, { untilMs }] of kept) {
      if (untilMs > nowMs && keptSize <= bounds.keptSizeMax) return;
      forget(log);
    }
  }

  return {
    async open(id, writerOptions) {
      tidy();
      if (logs.has(id)) throw new Error(`There is a log ${id} already.`);
      const log = new MemoryLog<unknown>(id, bounds, writerOptions, (closed) => {
        kept.set(closed, { untilMs: now() + closed.keepMs });
        keptSize += closed.size;
        tidy();
      });
      logs.set(id, log);
      return log;
    },
    read<Event>(id: string, after: number, signal?: AbortSignal) {
      tidy();
      const log = logs.get(id) as MemoryLog<Event> | undefined;
      return log === undefined ? unknown<Event>(id) : new Cursor<Event>(log, after, signal);
    },
    async held<Event>(id: string) {
      tidy();
      return (logs.get(id) as MemoryLog<Event> | undefined)?.held() ?? [];
    },
    async [Symbol.asyncDispose]() {
      for (const log of logs.values()) await log[Symbol.asyncDispose]();
      logs.clear();
      kept.clear();
    },
  };
}

// biome-ignore lint/correctness/useYield: an iterator that fails at its first step is what is wanted.
async function* unknown<Event>(id: string): AsyncGenerator<LoggedEvent<Event>, undefined> {
  throw new StreamLogLost('UNKNOWN', `There are no events of ${id}.`);
}
