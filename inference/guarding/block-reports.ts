import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { toNodeId } from '#core/node-id.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import { GuardrailBlocked, type GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import type { EventLog } from '#mongo/events.ts';

const rememberedMax = 10_000;
/** Events that are written at once. */
const writingMax = 100;
const hourMs = 3_600_000;

/**
 * Reports what guardrails have blocked as the event `guardrail.blocked`: once an hour, among all processes, for each tenant, policy and rule.
 * `observer` gets what they state of inputs. Disposing waits for what is being written.
 */
export class BlockReports implements AsyncDisposable {
  readonly #events: Pick<EventLog, 'record'>;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #observer: Pick<InferenceObserver, 'verdicts'> | undefined;
  readonly #reported = new LRUCache<string, true>({ max: rememberedMax });
  readonly #writing = new Set<Promise<void>>();

  constructor({
    events,
    log,
    now,
    observer,
  }: {
    readonly events: Pick<EventLog, 'record'>;
    readonly log: Logger;
    readonly now: () => number;
    readonly observer?: Pick<InferenceObserver, 'verdicts'> | undefined;
  }) {
    this.#events = events;
    this.#log = log;
    this.#now = now;
    this.#observer = observer;
  }

  /** What the guardrails let through; where they block, that is reported and thrown. */
  async watch<T extends { readonly verdicts: readonly GuardrailVerdict[] }>(
    caller: Pick<Caller, 'tenantId' | 'appId'>,
    guarding: Promise<T>,
  ): Promise<T> {
    try {
      const guarded = await guarding;
      this.#observer?.verdicts(guarded.verdicts);
      return guarded;
    } catch (error) {
      if (error instanceof GuardrailBlocked) {
        this.#observer?.verdicts([error.by]);
        this.report(caller, error.by);
      }
      throw error;
    }
  }

  /** Returns at once and never throws. */
  report({ tenantId, appId }: Pick<Caller, 'tenantId' | 'appId'>, by: GuardrailVerdict): void {
    const { policyId, version, rule, stage, action } = by;
    const hour = Math.floor(this.#now() / hourMs);
    const once = `guardrail.blocked:${JSON.stringify([tenantId, policyId, rule])}:${hour}`;
    if (this.#reported.has(once) || this.#writing.size >= writingMax) return;
    this.#reported.set(once, true);
    const subject = policyId === null ? null : toNodeId('GuardrailPolicy', policyId);
    const policyVersion = policyId === null ? null : version;
    const data = { appId, rule, stage, action, policyVersion };
    const write = this.#events
      .record({ type: 'guardrail.blocked', tenantId, subject, data }, once)
      .catch((err: unknown) => {
        this.#reported.delete(once);
        this.#log.warn({ err, rule }, 'what a guardrail has blocked could not be recorded yet');
      })
      .finally(() => this.#writing.delete(write));
    this.#writing.add(write);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing);
  }
}
