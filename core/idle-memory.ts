import { subscribe } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface IdleMemoryOptions {
  /** Milliseconds between two looks. */
  readonly lookMs?: number;
  /** The share of the time since the last look in which the event loop had work. */
  readonly readBusyShare?: () => number;
  /** HTTP requests that have begun since the last look. */
  readonly readRequests?: () => number;
  /** Bytes that the heap holds and does not use. */
  readonly readUnusedBytes?: () => number;
  /** Collects garbage, whole and at once: tenths of a second. */
  readonly collect?: () => void;
}

/** Idle is who does next to nothing, and has no client that a collection would keep waiting. */
const idleShare = 0.1;
/** Less is not worth a collection. */
const unusedBytesMin = 24 * 1024 * 1024;

/**
 * Returns memory to the system once the process has become idle: V8 keeps a heap as large as a start or a burst has made it until
 * more is allocated. Once for each time that it becomes idle. Returns how to end it; it does not keep the process alive.
 */
export function releaseMemoryWhenIdle({
  lookMs = 5_000,
  readBusyShare = busyShareReader(),
  readRequests = requestReader(),
  readUnusedBytes = () => getHeapStatistics().total_heap_size - getHeapStatistics().used_heap_size,
  collect = collectGarbage,
}: IdleMemoryOptions = {}): () => void {
  let isReleased = false;
  const timer = setInterval(() => {
    const [busyShare, requests] = [readBusyShare(), readRequests()];
    if (busyShare > idleShare) isReleased = false;
    if (busyShare > idleShare || requests > 0) return;
    if (isReleased || readUnusedBytes() < unusedBytesMin) return;
    isReleased = true;
    collect();
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

function busyShareReader(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const { utilization } = performance.eventLoopUtilization(last);
    last = performance.eventLoopUtilization();
    return utilization;
  };
}

/** Of every HTTP server of this process (https://nodejs.org/api/diagnostics_channel.html#http). */
function requestReader(): () => number {
  let count = 0;
  subscribe('http.server.request.start', () => {
    count += 1;
  });
  return () => {
    const begun = count;
    count = 0;
    return begun;
  };
}

/** Of V8 without its command-line option. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
