import { Worker } from 'node:worker_threads';
import type { FromSchemaThread, SchemaTask, SchemaVerdict } from './json-schema-thread.ts';

/** How a task ended: judged, or stopped because it took more than its limit of processor time, or of time at all. */
export type SchemaOutcome =
  | { readonly kind: 'JUDGED'; readonly verdict: SchemaVerdict }
  | { readonly kind: 'TOO_COSTLY' }
  /** The machine did not get to it. */
  | { readonly kind: 'STARVED' };

export interface SchemaWorkerLimits {
  /** Milliseconds of processor time for one task. */
  readonly cpuMsMax: number;
  /** Milliseconds by the clock for one task, and for the start of the thread. */
  readonly taskMsMax: number;
}

interface RunningTask {
  readonly outcome: PromiseWithResolvers<SchemaOutcome>;
  timer: NodeJS.Timeout | undefined;
}

const entry = new URL('./json-schema-thread.ts', import.meta.url);

function totalMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

/** One thread of json-schema-thread.ts: one task at a time, and none after one that it had to be ended for. */
export class SchemaWorker {
  readonly #worker: Worker;
  readonly #limits: SchemaWorkerLimits;
  readonly #ready = Promise.withResolvers<void>();
  #running: RunningTask | undefined;
  /** Processor time by the end of the former task. */
  #usedMs = 0;
  #isUsable = true;
  /** Milliseconds of processor time that the last task took. */
  lastTaskMs = 0;

  constructor(limits: SchemaWorkerLimits) {
    this.#limits = limits;
    // It gets no environment: there are secrets in it.
    // And no limit of its heap: passing it may end the whole process. Sizes and time bound what a task can take.
    this.#worker = new Worker(entry, { name: 'json-schemas', env: {}, execArgv: [] });
    this.#worker.unref();
    // Any error: the tasks that wait for it receive it; there may be none.
    this.#ready.promise.catch(() => undefined);
    const starting = setTimeout(() => this.end(), limits.taskMsMax);
    this.#worker.on('message', (message: FromSchemaThread) => {
      this.lastTaskMs = message.cpuMs - this.#usedMs;
      this.#usedMs = message.cpuMs;
      if ('ready' in message) {
        clearTimeout(starting);
        this.#ready.resolve();
      } else this.#answer({ kind: 'JUDGED', verdict: message });
    });
    const onEnd = (error: unknown) => {
      clearTimeout(starting);
      this.#isUsable = false;
      this.#ready.reject(error);
      this.#running?.outcome.reject(error);
    };
    this.#worker.on('error', onEnd);
    this.#worker.on('exit', () => onEnd(new Error('The thread that checks JSON Schemas has ended.')));
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Rejects when the thread does not start, or ends by a fault of its own. */
  async run(task: SchemaTask): Promise<SchemaOutcome> {
    await this.#ready.promise;
    const running: RunningTask = { outcome: Promise.withResolvers(), timer: undefined };
    this.#running = running;
    this.lastTaskMs = 0;
    this.#worker.postMessage(task);
    this.#watch(running, performance.now(), this.#limits.cpuMsMax);
    try {
      return await running.outcome.promise;
    } finally {
      clearTimeout(running.timer);
      this.#running = undefined;
    }
  }

  end(): void {
    this.#isUsable = false;
    void this.#worker.terminate();
  }

  #answer(outcome: SchemaOutcome): void {
    this.#running?.outcome.resolve(outcome);
  }

  /** Looks again when the task can have used up its time at the earliest. */
  #watch(running: RunningTask, startedMs: number, inMs: number): void {
    running.timer = setTimeout(async () => {
      // Any error: rejects when the thread has ended, which answers the task.
      const usage = await this.#worker.cpuUsage().catch(() => null);
      if (usage === null || this.#running !== running) return;
      const { cpuMsMax, taskMsMax } = this.#limits;
      const usedMs = totalMs(usage) - this.#usedMs;
      this.lastTaskMs = usedMs;
      if (usedMs >= cpuMsMax) this.#giveUp({ kind: 'TOO_COSTLY' });
      else if (performance.now() - startedMs >= taskMsMax) this.#giveUp({ kind: 'STARVED' });
      else this.#watch(running, startedMs, Math.max(10, cpuMsMax - usedMs));
    }, inMs);
  }

  #giveUp(outcome: SchemaOutcome): void {
    this.#answer(outcome);
    this.end();
  }
}
