import { Worker } from 'node:worker_threads';
import type { FromTaskThread } from './serve-tasks.ts';

/** How a task ended: done, failed in the thread, or stopped because it took more than its limit of processor time, or of time at all. */
export type TaskOutcome<Answer> =
  | { readonly kind: 'DONE'; readonly answer: Answer }
  | { readonly kind: 'FAILED' }
  | { readonly kind: 'TOO_COSTLY' }
  /** The machine did not get to it. */
  | { readonly kind: 'STARVED' };

export interface TaskThreadLimits {
  /** Milliseconds of processor time for one task. */
  readonly cpuMsMax: number;
  /** Milliseconds by the clock for one task, and for the start of the thread. */
  readonly taskMsMax: number;
}

interface RunningTask<Answer> {
  readonly outcome: PromiseWithResolvers<TaskOutcome<Answer>>;
  timer: NodeJS.Timeout | undefined;
}

function totalMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

/** One thread whose module calls `serveTasks`: one task at a time, and none after one that it had to be ended for. */
export class TaskThread<Task, Answer> {
  readonly #worker: Worker;
  readonly #limits: TaskThreadLimits;
  readonly #ready = Promise.withResolvers<void>();
  #running: RunningTask<Answer> | undefined;
  /** Processor time by the end of the former task. */
  #usedMs = 0;
  #isUsable = true;
  /** Milliseconds of processor time that the last task took. */
  lastTaskMs = 0;

  /** @param name of the thread, in errors too */
  constructor(entry: URL, name: string, limits: TaskThreadLimits) {
    this.#limits = limits;
    // It gets no environment: there are secrets in it.
    // And no limit of its heap: passing it may end the whole process. Sizes and time bound what a task can take.
    this.#worker = new Worker(entry, { name, env: {}, execArgv: [] });
    this.#worker.unref();
    // Any error: the tasks that wait for it receive it; there may be none.
    this.#ready.promise.catch(() => undefined);
    const starting = setTimeout(() => this.end(), limits.taskMsMax);
    this.#worker.on('message', (message: FromTaskThread<Answer>) => {
      this.lastTaskMs = message.cpuMs - this.#usedMs;
      this.#usedMs = message.cpuMs;
      if (message.kind === 'READY') {
        clearTimeout(starting);
        this.#ready.resolve();
      } else this.#resolve(message);
    });
    const onEnd = (error: unknown) => {
      clearTimeout(starting);
      this.#isUsable = false;
      this.#ready.reject(error);
      this.#running?.outcome.reject(error);
    };
    this.#worker.on('error', onEnd);
    this.#worker.on('exit', () => onEnd(new Error(`The thread ${name} has ended.`)));
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Rejects when the thread does not start, or ends by a fault of its own. */
  async run(task: Task): Promise<TaskOutcome<Answer>> {
    await this.#ready.promise;
    const running: RunningTask<Answer> = { outcome: Promise.withResolvers(), timer: undefined };
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

  #resolve(outcome: TaskOutcome<Answer>): void {
    this.#running?.outcome.resolve(outcome);
  }

  /** Looks again when the task can have used up its time at the earliest. */
  #watch(running: RunningTask<Answer>, startedMs: number, inMs: number): void {
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

  #giveUp(outcome: TaskOutcome<Answer>): void {
    this.#resolve(outcome);
    this.end();
  }
}
