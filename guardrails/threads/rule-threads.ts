import { availableParallelism } from 'node:os';
import { createOverloadedError } from '#core/errors.ts';
import { FairQueue } from '#core/json-schema/fair-queue.ts';
import { type TaskOutcome, TaskThread, type TaskThreadLimits } from '#core/threads/task-thread.ts';
import { WorkTooLong } from '#core/work-turns.ts';
import type { GuardedText, PreparedRule, Rule, RuleContext, RuleResult, TextShare } from '../guardrail.ts';
import { type PackedResult, unpackResult } from './packed-result.ts';
import type { RuleTask } from './rule-thread.ts';
import { divideTexts, joinResults } from './shares.ts';

export interface RuleThreadLimits extends TaskThreadLimits {
  /** Characters of all texts of a look together, times the cost of the rule, beyond which it is made in a thread. */
  readonly charsMin: number;
  /** Milliseconds of a look in the thread that serves clients, after which it is made in a thread. */
  readonly workMsMax: number;
  /** Characters of a look that several threads make together, for each of them, where the rule is divisible. */
  readonly shareCharsMin: number;
  readonly threadsMax: number;
  /** Looks that may wait, of all tenants and of one. */
  readonly waitingMax: number;
  readonly waitingPerTenantMax: number;
  /** Milliseconds that a look waits for its turn. */
  readonly waitMsMax: number;
  /** Receives why a thread did not start or ended; the rule that was looking could not look. */
  readonly onThreadFailure?: (error: unknown) => void;
}

const defaults: RuleThreadLimits = {
  charsMin: 65_536,
  workMsMax: 50,
  shareCharsMin: 131_072,
  // One core of several is left to the thread that serves clients; of two it has its share.
  threadsMax: availableParallelism() <= 2 ? availableParallelism() : availableParallelism() - 1,
  cpuMsMax: 10_000,
  taskMsMax: 20_000,
  waitingMax: 400,
  waitingPerTenantMax: 100,
  waitMsMax: 10_000,
};
/** Characters of waiting texts, of all tenants and of one. */
const waitingCharsMax = 128 * 1_048_576;
const waitingCharsPerTenantMax = waitingCharsMax / 4;
const entry = new URL('./rule-thread.ts', import.meta.url);

type RuleThread = TaskThread<RuleTask, PackedResult>;

interface Waiting {
  readonly task: RuleTask;
  readonly outcome: PromiseWithResolvers<TaskOutcome<PackedResult>>;
  readonly timer: NodeJS.Timeout;
}

function countChars(texts: readonly GuardedText[]): number {
  return texts.reduce((sum, { text }) => sum + text.length, 0);
}

/**
 * Threads in which LOCAL rules look at long texts, so that the thread that serves clients is free. Their number, what waits and the time
 * of a look are bounded; tenants take turns by what they have used. A thread that ends, or takes too long, costs the rule that
 * looks, which fails; the next look has a new one. Threads start with the first long text, and stay.
 */
export class RuleThreads implements AsyncDisposable {
  readonly #limits: RuleThreadLimits;
  readonly #queue: FairQueue<Waiting>;
  readonly #threads = new Set<RuleThread>();
  readonly #idle = new Set<RuleThread>();
  #busy = 0;
  #isClosed = false;

  constructor(limits: Partial<RuleThreadLimits> = {}) {
    this.#limits = { ...defaults, ...limits };
    this.#queue = new FairQueue({
      waitingMax: this.#limits.waitingMax,
      waitingPerUserMax: this.#limits.waitingPerTenantMax,
      sizeMax: waitingCharsMax,
      sizePerUserMax: waitingCharsPerTenantMax,
    });
  }

  /** Looks that wait or are made in a thread. */
  get waiting(): number {
    return this.#queue.count + this.#busy;
  }

  /** The rule, which looks at long texts in a thread. What it states of them is the same. */
  wrap(rule: Rule, options: unknown, prepared: PreparedRule): PreparedRule {
    if (rule.reach !== 'LOCAL' || rule.needs === 'SERVICES') return prepared;
    const written = JSON.stringify(options ?? {});
    return {
      ...prepared,
      check: async (texts, context) => {
        const callTexts = rule.needs === 'CALL_TEXTS' ? context.callTexts() : [];
        const chars = countChars(texts) + countChars(callTexts);
        if (chars * (prepared.cost ?? 1) <= this.#limits.charsMin) {
          try {
            return await prepared.check(texts, { ...context, workMsMax: this.#limits.workMsMax });
          } catch (error) {
            if (!(error instanceof WorkTooLong)) throw error;
          }
        }
        const look = { rule: rule.name, options: written, texts, callTexts };
        const count = rule.isDivisible === true ? this.#countShares(chars) : 1;
        return this.#lookTogether(look, divideTexts(texts, count), chars, context);
      },
    };
  }

  /** How many threads look at so many characters together: no more than are idle, so that it keeps none from other looks. */
  #countShares(chars: number): number {
    const idle = this.#limits.threadsMax - this.#busy - this.#queue.count;
    return Math.max(1, Math.min(idle, Math.floor(chars / this.#limits.shareCharsMin)));
  }

  /** The result of all shares; one that fails ends the others that still wait. */
  async #lookTogether(
    look: Omit<RuleTask, 'share'>,
    shares: readonly TextShare[],
    chars: number,
    context: RuleContext,
  ): Promise<RuleResult> {
    const [only] = shares;
    if (only !== undefined && shares.length === 1)
      return this.#look({ ...look, share: only }, chars, context);
    const failing = new AbortController();
    const signal = AbortSignal.any([context.signal, failing.signal]);
    const looks = shares.map((share) =>
      this.#look({ ...look, share }, Math.ceil(chars / shares.length), { ...context, signal }),
    );
    try {
      return joinResults(await Promise.all(looks));
    } catch (error) {
      failing.abort(error);
      throw error;
    }
  }

  async #look(
    task: RuleTask,
    chars: number,
    { tenantId, signal }: Pick<RuleContext, 'tenantId' | 'signal'>,
  ): Promise<RuleResult> {
    signal.throwIfAborted();
    const tenant = tenantId ?? '';
    const outcome = Promise.withResolvers<TaskOutcome<PackedResult>>();
    const leave = (error: unknown) => {
      this.#queue.withdraw(tenant, waiting);
      outcome.reject(error);
    };
    const timer = setTimeout(
      () => leave(createOverloadedError('A long text has waited too long for a guardrail.')),
      this.#limits.waitMsMax,
    );
    const waiting: Waiting = { task, outcome, timer };
    if (this.#isClosed || !this.#queue.add(tenant, waiting, chars)) {
      clearTimeout(timer);
      throw createOverloadedError('Too many long texts wait for a guardrail.');
    }
    const onAbort = () => leave(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void this.#serve();
    try {
      const ended = await outcome.promise;
      if (ended.kind === 'DONE') return unpackResult(ended.answer);
      throw new Error(`The guardrail ${task.rule} could not look at a long text: ${ended.kind}.`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #serve(): Promise<void> {
    if (this.#busy >= this.#limits.threadsMax) return;
    this.#busy += 1;
    let thread = this.#takeIdle();
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      const { user, task: waiting } = next;
      clearTimeout(waiting.timer);
      try {
        if (thread?.isUsable !== true) thread = this.#start();
        waiting.outcome.resolve(await thread.run(waiting.task));
      } catch (error) {
        waiting.outcome.reject(
          createOverloadedError('The thread of a guardrail has ended.', { cause: error }),
        );
        if (!this.#isClosed) this.#limits.onThreadFailure?.(error);
      }
      this.#queue.charge(user, thread?.lastTaskMs ?? 0);
      if (thread?.isUsable === false) this.#threads.delete(thread);
    }
    if (thread?.isUsable === true) this.#idle.add(thread);
    this.#busy -= 1;
  }

  /** The one that began first: the rules of a call have the same shares in the same threads, which remember what they have read. */
  #takeIdle(): RuleThread | undefined {
    for (const thread of this.#threads) {
      if (!thread.isUsable) this.#threads.delete(thread);
      if (this.#idle.delete(thread) && thread.isUsable) return thread;
    }
    return undefined;
  }

  #start(): RuleThread {
    const thread: RuleThread = new TaskThread(entry, 'guardrails', this.#limits);
    this.#threads.add(thread);
    return thread;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      clearTimeout(next.task.timer);
      next.task.outcome.reject(createOverloadedError('This process is shutting down.'));
    }
    for (const thread of this.#threads) thread.end();
  }
}
