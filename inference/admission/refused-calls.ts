import type { Logger } from 'pino';
import type { Catalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { DelayedWrite } from '#core/delayed-write.ts';
import { type ErrorCode, HeddleError } from '#core/errors.ts';
import { RefusalCounter } from '#core/refusal-counter.ts';
import type { AuditLog } from '#mongo/audit/log.ts';

/** How often what was refused is written to the audit log. */
const flushMs = 5_000;
/** Kinds of refusals (action, code, AI model) recorded for one key in an hour; further ones are one kind. */
const kindsMax = 50;

/** Codes by which policy refuses a call. What the mesh or a provider is not able to do is a failure. */
const refusalCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'FORBIDDEN',
  'ACCESS_PENDING',
  'QUOTA_EXCEEDED',
  'BUDGET_EXCEEDED',
  'MODEL_UNPRICED',
  'GUARDRAIL_BLOCKED',
  'NO_ROUTE',
]);

/** A call that may be refused. */
export interface WatchedCall {
  /** The action of the audit log. */
  readonly action: 'completion.call' | 'embedding.call';
  /** The AI model, alias or route that the call names; null: a prompt that names none yet. */
  readonly name: string | null;
  readonly caller: Caller;
  readonly origin: { readonly requestId: string; readonly clientRequestId: string | null };
}

/**
 * Counts calls that policy refuses before they have a row in the ledger, by their AI model where they name one. Written to the audit log every five
 * seconds.
 */
export class RefusedCalls implements AsyncDisposable {
  readonly #audit: Pick<AuditLog, 'count'>;
  readonly #catalog: Pick<Catalog, 'resolveName' | 'find'>;
  readonly #log: Logger;
  readonly #counter: RefusalCounter;
  readonly #writing = new DelayedWrite(flushMs, () => this.#write());

  constructor({
    audit,
    catalog,
    log,
    now,
  }: {
    readonly audit: Pick<AuditLog, 'count'>;
    readonly catalog: Pick<Catalog, 'resolveName' | 'find'>;
    readonly log: Logger;
    readonly now: () => number;
  }) {
    this.#audit = audit;
    this.#catalog = catalog;
    this.#log = log;
    this.#counter = new RefusalCounter(now, kindsMax);
  }

  /** What the call returns; where it is refused, that is counted and thrown. */
  async watch<T>(call: WatchedCall, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      await this.note(call, error);
      throw error;
    }
  }

  /** Counts the call where the error refuses it. Never rejects. */
  async note({ action, name, caller, origin }: WatchedCall, error: unknown): Promise<void> {
    if (!(error instanceof HeddleError) || !refusalCodes.has(error.code)) return;
    // It has a row, and counts as one that failed.
    if (error.extensions.completionId !== undefined) return;
    const { requestId, clientRequestId } = origin;
    const modelId = name === null ? null : await this.#findModel(name, caller);
    const about = { action, code: error.code, modelId };
    this.#counter.add({ ...about, caller, requestId, clientRequestId, clientAddress: null });
    this.#writing.soon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing[Symbol.asyncDispose]();
  }

  /** Null for a route, whose AI model was not chosen, and for a name of nothing: no text of a client is recorded. */
  async #findModel(name: string, caller: Caller): Promise<string | null> {
    try {
      const found = this.#catalog.find(await this.#catalog.resolveName(name, caller), caller);
      return found !== undefined && 'model' in found ? found.model.id : null;
    } catch {
      // Any error: the store cannot be read; the refusal is counted all the same.
      return null;
    }
  }

  async #write(): Promise<void> {
    const counted = this.#counter.take();
    const left = new Map(counted);
    try {
      for (const [id, { modelId, ...refusal }] of counted) {
        const target = modelId === null ? {} : { targetType: 'Model', targetId: modelId };
        await this.#audit.count({ ...refusal, ...target, outcome: 'REFUSED' });
        left.delete(id);
      }
    } catch (error) {
      this.#log.warn(
        { event: 'audit_failed', err: error, records: left.size },
        'refused calls wait for the audit log',
      );
      // They are written with the next ones.
      this.#counter.putBack(left);
    }
  }
}
