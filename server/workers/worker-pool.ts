import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { StartError } from '../config.ts';
import { Ipc } from './ipc.ts';
import { passUnservedConnections } from './unserved-connections.ts';

export interface WorkerPoolOptions {
  /** At most. */
  readonly count: number;
  /** Start all at once, instead of one and others as those that run are busy. */
  readonly isEager: boolean;
  readonly log: Logger;
  /** Serves a new worker, and sends it its seat; the channel closes when it is gone. */
  readonly attach: (ipc: Ipc, number: number) => void;
  readonly times?: Partial<WorkerPoolTimes>;
}

/** When workers are looked at, and replaced; in milliseconds. */
export interface WorkerPoolTimes {
  /** So often workers report that they live, and how busy they are. */
  readonly beat: number;
  /** A worker that has not answered for so long hangs. */
  readonly silentMax: number;
  /** A worker may load its code for so long. */
  readonly startMax: number;
  /** A worker that dies sooner after its start has died young: its replacement waits, twice as long each time. */
  readonly young: number;
  readonly restartMin: number;
  readonly restartMax: number;
}

const defaultTimes: WorkerPoolTimes = {
  beat: 1_000,
  silentMax: 8_000,
  startMax: 120_000,
  young: 10_000,
  restartMin: 100,
  restartMax: 5_000,
};

/** Where the event loops of all workers are busy for more than this share of the time, for so many beats, one more is started. */
const busyShare = 0.6;
const busyBeats = 3;
/** How long, after the grace time, a worker may take to end. */
const closingMsMax = 2_000;

interface Slot {
  readonly number: number;
  readonly worker: Worker;
  readonly ipc: Ipc;
  readonly startedMs: number;
  /** Deaths in a row soon after a start. */
  readonly deaths: number;
  readonly exited: PromiseWithResolvers<void>;
  isReady: boolean;
  isKilled: boolean;
  heardMs: number;
  busy: number;
}

/**
 * The workers of a mesh. One that dies, or hangs for 8 s, is replaced. Connections come to all of them by turns on one port, which stays open
 * whatever becomes of one worker.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #times: WorkerPoolTimes;
  readonly #slots = new Map<number, Slot>();
  /** Replacements that wait, by the numbers of their workers. */
  readonly #restarts = new Map<number, NodeJS.Timeout>();
  readonly #served = Promise.withResolvers<string>();
  #isClosing = false;
  #beat: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;
  #busyFor = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
    cluster.setupPrimary({ serialization: 'advanced' });
    // By turns also where Node leaves it to the system.
    cluster.schedulingPolicy = cluster.SCHED_RR;
  }

  /** Resolves with the origin of the gateways when the first worker, or each of them, serves. Rejects with what kept one from it. */
  async start(): Promise<string> {
    const count = this.#options.isEager ? this.#options.count : 1;
    for (let number = 1; number <= count; number++) this.#fork(number, 0);
    this.#lookedAtMs = performance.now();
    this.#beat = setInterval(() => this.#look(), this.#times.beat);
    this.#beat.unref();
    return this.#served.promise;
  }

  /** Lets the workers end, as a process of its own ends; resolves when all are gone. */
  async close(times: { readonly drainMs: number; readonly graceMs: number }): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#beat);
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    const ended = [...this.#slots.values()].map(async (slot) => {
      const kill = () => slot.worker.process.kill('SIGKILL');
      // One that has not served has nothing to end.
      if (!slot.isReady) kill();
      slot.ipc.control({ kind: 'close', ...times });
      const timer = setTimeout(kill, times.drainMs + times.graceMs + closingMsMax);
      await slot.exited.promise;
      clearTimeout(timer);
    });
    await Promise.all(ended);
  }

  #fork(number: number, deaths: number): void {
    const worker = cluster.fork();
    passUnservedConnections(worker);
    const ipc = new Ipc(worker.process);
    const startedMs = performance.now();
    const exited = Promise.withResolvers<void>();
    const slot: Slot = {
      ...{ number, worker, ipc, startedMs, deaths, exited },
      ...{ isReady: false, isKilled: false, heardMs: startedMs, busy: 0 },
    };
    this.#slots.set(number, slot);
    ipc.onControl((message) => {
      slot.heardMs = performance.now();
      if (message.kind === 'beat') slot.busy = message.busy;
      else if (message.kind === 'failed') this.#served.reject(new StartError(message.message));
      else if (message.kind === 'ready') {
        slot.isReady = true;
        this.#options.log.info(this.#describe(slot, 'worker_ready'), 'a worker serves');
        this.#shareClients(slot);
        if (this.#isReady) this.#served.resolve(message.url);
      }
    });
    worker.once('exit', (code, signal) => {
      exited.resolve();
      this.#ended(slot, { code, signal });
    });
    // A process that could not even be started has no end of its own; any other error is followed by one.
    worker.on('error', (error) => {
      if (worker.process.pid !== undefined) return;
      exited.resolve();
      this.#ended(slot, { code: null, signal: null, err: error });
    });
    this.#options.attach(ipc, number);
  }

  /** Clients keep connections open for long: as many of each other worker as fall to the new one are to connect again. */
  #shareClients(added: Slot): void {
    const others = [...this.#slots.values()].filter((slot) => slot !== added && slot.isReady);
    for (const { ipc } of others) ipc.control({ kind: 'shed', share: 1 / (others.length + 1) });
  }

  #describe({ number, worker }: Slot, event: string) {
    return { event, worker: number, workerPid: worker.process.pid };
  }

  get #isReady(): boolean {
    return [...this.#slots.values()].every(({ isReady }) => isReady);
  }

  #ended(
    slot: Slot,
    how: { readonly code: number | null; readonly signal: string | null; readonly err?: Error },
  ): void {
    this.#slots.delete(slot.number);
    this.#served.reject(
      new StartError(`a worker ended with ${how.err?.message ?? how.signal ?? how.code} before it served`),
    );
    if (this.#isClosing) return;
    const about = { ...this.#describe(slot, 'worker_died'), ...how };
    this.#options.log.error(about, 'a worker has ended and is replaced; its calls are closed as failed');
    const { young, restartMin, restartMax } = this.#times;
    const isYoung = performance.now() - slot.startedMs < young;
    const deaths = isYoung ? slot.deaths + 1 : 0;
    const delayMs = deaths === 0 ? 0 : Math.min(restartMax, restartMin * 2 ** deaths);
    const timer = setTimeout(() => {
      this.#restarts.delete(slot.number);
      this.#fork(slot.number, deaths);
    }, delayMs);
    this.#restarts.set(slot.number, timer);
  }

  #look(): void {
    const nowMs = performance.now();
    const { beat, silentMax, startMax } = this.#times;
    // What this process did not receive while it had no turn itself means nothing about the workers.
    const wasAway = nowMs - this.#lookedAtMs > 2 * beat;
    this.#lookedAtMs = nowMs;
    for (const slot of this.#slots.values()) {
      if (wasAway) slot.heardMs = nowMs;
      // One that starts answers before it serves.
      const silentMs = Math.round(nowMs - (slot.isReady ? slot.heardMs : slot.startedMs));
      if (!slot.isKilled && silentMs > (slot.isReady ? silentMax : startMax)) {
        slot.isKilled = true;
        const about = { ...this.#describe(slot, 'worker_hung'), silentMs };
        this.#options.log.error(about, 'a worker does not answer and is killed');
        slot.worker.process.kill('SIGKILL');
      }
      slot.ipc.control({ kind: 'beat', busy: 0 });
    }
    this.#grow();
  }

  /** One more worker where all are busy. */
  #grow(): void {
    const slots = [...this.#slots.values()];
    const isBusy = this.#isReady && slots.every(({ busy }) => busy > busyShare);
    this.#busyFor = isBusy ? this.#busyFor + 1 : 0;
    if (this.#busyFor < busyBeats || slots.length + this.#restarts.size >= this.#options.count) return;
    this.#busyFor = 0;
    let number = 1;
    while (this.#slots.has(number) || this.#restarts.has(number)) number += 1;
    this.#fork(number, 0);
  }
}
