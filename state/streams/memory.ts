import { LogCursor, MemoryLog } from './memory-log.ts';
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

/** Ended logs that are kept equally long. */
interface KeptLogs {
  /** When each is forgotten; oldest first. */
  readonly untilMs: Map<MemoryLog<unknown>, number>;
  timer: NodeJS.Timeout | undefined;
}

/** Logs in memory, whose readers state the sizes of events. */
export interface MemoryStreamLogs extends StreamLogs {
  /** As `read`, for a reader further away. Throws StreamLogLost where there is no such log. */
  hold<Event>(id: string, after: number): LogCursor<Event>;
}

/** The stream logs of one process. */
export function createMemoryStreamLogs(options: MemoryStreamLogsOptions = {}): MemoryStreamLogs {
  const { now = Date.now, ...given } = options;
  const bounds = { ...streamLogBounds, ...given };
  const logs = new Map<string, MemoryLog<unknown>>();
  /** Ended logs, by how long each is kept; oldest first. */
  const kept = new Map<number, KeptLogs>();
  let keptSize = 0;

  function keep(log: MemoryLog<unknown>): void {
    const { keepMs } = log;
    let group = kept.get(keepMs);
    if (group === undefined) {
      group = { untilMs: new Map(), timer: undefined };
      kept.set(keepMs, group);
    }
    group.untilMs.set(log, now() + keepMs);
    keptSize += log.size;
    if (group.timer === undefined) forgetLater(group, keepMs);
    tidy();
  }

  /** Also where no other log is opened or read meanwhile. */
  function forgetLater(group: KeptLogs, keepMs: number): void {
    group.timer = setTimeout(() => {
      group.timer = undefined;
      tidy();
      if (group.untilMs.size > 0) forgetLater(group, keepMs);
    }, keepMs);
    group.timer.unref();
  }

  function forget(group: KeptLogs, log: MemoryLog<unknown>): void {
    group.untilMs.delete(log);
    keptSize -= log.size;
    logs.delete(log.id);
  }

  function tidy(): void {
    const nowMs = now();
    for (const group of kept.values()) {
      for (const [log, untilMs] of group.untilMs) {
        if (untilMs > nowMs) break;
        forget(group, log);
      }
    }
    while (keptSize > bounds.keptSizeMax) {
      const oldest = [...kept].flatMap(([keepMs, group]) => {
        const [first] = group.untilMs;
        return first === undefined ? [] : [{ group, log: first[0], closedAtMs: first[1] - keepMs }];
      });
      const next = oldest.toSorted((a, b) => a.closedAtMs - b.closedAtMs)[0];
      if (next === undefined) return;
      forget(next.group, next.log);
    }
  }

  const find = <Event>(id: string) => logs.get(id) as MemoryLog<Event> | undefined;

  return {
    async open(id, writerOptions) {
      tidy();
      if (logs.has(id)) throw new Error(`There is a log ${id} already.`);
      const log = new MemoryLog<unknown>(id, bounds, writerOptions, keep);
      logs.set(id, log);
      return log;
    },
    read<Event>(id: string, after: number, signal?: AbortSignal) {
      tidy();
      const log = find<Event>(id);
      return log === undefined ? failing<Event>(id) : new LogCursor<Event>(log, after, { signal });
    },
    hold<Event>(id: string, after: number) {
      tidy();
      const log = find<Event>(id);
      if (log === undefined) throw unknown(id);
      return new LogCursor<Event>(log, after, { isHolding: true });
    },
    async held<Event>(id: string) {
      tidy();
      return find<Event>(id)?.held() ?? [];
    },
    async [Symbol.asyncDispose]() {
      for (const log of logs.values()) await log[Symbol.asyncDispose]();
      for (const { timer } of kept.values()) clearTimeout(timer);
      logs.clear();
      kept.clear();
    },
  };
}

const unknown = (id: string) => new StreamLogLost('UNKNOWN', `There are no events of ${id}.`);

// biome-ignore lint/correctness/useYield: an iterator that fails at its first step is what is wanted.
async function* failing<Event>(id: string): AsyncGenerator<LoggedEvent<Event>, undefined> {
  throw unknown(id);
}
