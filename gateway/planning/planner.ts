import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { type ExecutionPlan, preparePlan } from './plan.ts';
import type { PlannerReply, PlannerRequest } from './planner-process.ts';

export interface Planner {
  /** The plan of a document with one operation. */
  plan(query: string): Promise<ExecutionPlan>;
}

export interface PlannerLimits {
  /** Operations that may wait to be planned. */
  readonly waitingMax: number;
  /** Milliseconds that one operation may take to be planned. */
  readonly planMsMax: number;
}

const defaults: PlannerLimits = { waitingMax: 1_000, planMsMax: 5_000 };
const entry = fileURLToPath(new URL('./planner-process.ts', import.meta.url));
const startMsMax = 10_000;
/** Characters of what the process states last that are kept for the log. */
const lastWordsMax = 2_000;

/** One process of planner-process.ts. */
class Child {
  readonly #child: ChildProcess;
  readonly exited: Promise<unknown>;
  #pending: PromiseWithResolvers<PlannerReply> | undefined;
  #lastWords = '';

  constructor() {
    // It gets no secret, and what holds the gateway's process open is the gateway.
    this.#child = fork(entry, {
      env: { UV_THREADPOOL_SIZE: '1' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.unref();
    this.#child.channel?.unref();
    // Where a process cannot even be started for want of handles, there is no stream either.
    const { stderr } = this.#child;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-lastWordsMax);
    });
    // 'close' would report both, but does not come after a disconnect from this side.
    this.exited = Promise.all([
      new Promise((resolve) => this.#child.on('exit', resolve).on('error', resolve)),
      stderr && new Promise((resolve) => stderr.once('close', resolve)),
    ]);
    this.#child.on('message', (reply: PlannerReply) => this.#pending?.resolve(reply));
    void this.exited.then(() => {
      // Over what it panics, it panics again; ended by the system, or never started, another may do.
      const failure = this.#failure(`The query planner's process ended${this.#panic}.`);
      this.#pending?.reject(this.#panic === '' ? unavailable(failure) : failure);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** One at a time. Rejects when the process ends instead, or takes so long that it is ended; it is of no use then. */
  async ask(request: PlannerRequest, msMax: number): Promise<PlannerReply> {
    const pending = Promise.withResolvers<PlannerReply>();
    this.#pending = pending;
    const timer = setTimeout(() => {
      pending.reject(
        'query' in request
          ? new HeddleError(
              'GRAPH_COST_EXCEEDED',
              'The document takes too long to be planned: request fewer fields in one operation.',
            )
          : unavailable(this.#failure('The query planner does not start.')),
      );
      this.#child.kill('SIGKILL');
    }, msMax);
    // Of a process that cannot be reached, its end states why.
    this.#child.send(request, (error) => {
      if (error !== null) this.#child.kill('SIGKILL');
    });
    try {
      return await pending.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What it panicked over, in its own words. */
  get #panic(): string {
    const [, words] = /panicked at [^\n]*\n([^\n]+)/.exec(this.#lastWords) ?? [];
    return words === undefined ? '' : `: ${words.trim()}`;
  }

  /** The log shows a cause only where it is an error itself. */
  #failure(message: string): Error {
    return new Error(message, { cause: new Error(this.#lastWords.trim()) });
  }

  /** Lets it end, which it does when it has no listener; until then it holds this process open. */
  end(): void {
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** Nothing was begun: the next document is planned by a new process. */
function unavailable(cause: Error): HeddleError {
  return createOverloadedError('The query planner cannot be started or has ended: try again.', {
    cause,
    notBegun: true,
  });
}

/** The document is valid: what the planner's own parser cannot read is deep nesting. */
function explained(failure: string): Error {
  if (!failure.startsWith('Failed to parse query')) return new Error(failure);
  return new HeddleError(
    'BAD_USER_INPUT',
    'The document nests too deep to be planned: send nested values as variables.',
  );
}

/**
 * The Rust query planner of Hive's router over one supergraph, in a process of its own: a panic of it aborts the
 * process it is in, and nothing else bounds the time it takes. It plans one operation at a time, so that the one over
 * which it ends is known; that one fails, and the next is planned by a new process.
 */
export class PlannerProcess implements Planner, AsyncDisposable {
  readonly supergraphSdl: string;
  readonly #limits: PlannerLimits;
  #child: Child | undefined;
  /** Resolves when all that was requested so far is planned. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(supergraphSdl: string, limits: Partial<PlannerLimits> = {}) {
    this.supergraphSdl = supergraphSdl;
    this.#limits = { ...defaults, ...limits };
  }

  /** The id of its process, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Operations that wait or are planned. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when it can plan; rejects for a supergraph that it cannot read. */
  async ready(): Promise<void> {
    await this.#inTurn(() => this.#running());
  }

  async plan(query: string): Promise<ExecutionPlan> {
    const { plan, failure } = await this.#inTurn(async () => {
      const child = await this.#running();
      try {
        return await child.ask({ query }, this.#limits.planMsMax);
      } catch (error) {
        this.#child = undefined;
        throw error;
      }
    });
    if (plan === undefined) throw explained(failure ?? 'The query planner made no plan.');
    return preparePlan(plan);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limits.waitingMax) {
      return Promise.reject(createOverloadedError('Too many documents wait to be planned.'));
    }
    this.#waiting++;
    const turn = this.#turn.then(work).finally(() => {
      this.#waiting--;
      if (this.#isClosed && this.#waiting === 0) this.#end();
    });
    // Any error: the caller of that turn receives it.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #running(): Promise<Child> {
    if (this.#child !== undefined) return this.#child;
    const child = new Child();
    const { failure } = await child.ask({ supergraphSdl: this.supergraphSdl }, startMsMax);
    if (failure !== undefined) {
      child.end();
      throw new Error(failure);
    }
    this.#child = child;
    void child.exited.then(() => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }

  #end(): Promise<unknown> | undefined {
    const child = this.#child;
    this.#child = undefined;
    child?.end();
    return child?.exited;
  }

  /** Resolves when what was requested is planned and the process has ended. A later request starts a new one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    await this.#end();
  }
}
