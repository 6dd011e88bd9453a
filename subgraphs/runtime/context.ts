import type { Caller } from '#core/caller.ts';
import { bindPolicy, type CallPolicyName, type CallReach } from '#core/policies.ts';
import type { SubgraphRequest } from '#transport/executor.ts';

/** The present instant by the injected clock, as dates are stored. */
export function readNow({ now }: { readonly now?: () => number }): Date {
  return new Date(now?.() ?? Date.now());
}

/** What an audited mutation did, reported by its command with `context.audit(…)`; secrets are redacted for it. */
export interface AuditedChange {
  /** The tenant of the log that it belongs to; the caller's own when left out, null for the mesh itself. */
  readonly tenantId?: string | null;
  /** The type of the thing changed, e.g. "ApiKey". */
  readonly type: string;
  readonly id: string;
  /** The thing as it was; left out when it did not exist. */
  readonly before?: unknown;
  /** The thing as it is now; left out when it is gone. */
  readonly after?: unknown;
}

/** What an audited mutation is about to change. */
export type ChangeTarget = Pick<AuditedChange, 'tenantId' | 'type' | 'id'>;

/** What every resolver gets as its third argument. */
export interface SubgraphContext<TLoaders = unknown> {
  readonly caller: Caller;
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly clientAddress: string | null;
  /** Aborted when the client has gone or left the subscription; never aborted where no client can leave. */
  readonly signal: AbortSignal;
  /** Made on first use, once per operation (per event of a subscription), so that nothing is cached beyond it. */
  readonly loaders: TLoaders;
  /** What a policy of calls lets the caller reach: for fields with @policy, which return nothing where nothing was decided. */
  reach(policy: CallPolicyName): CallReach;
  /**
   * Inside an @audited mutation, before its first write: names what it is about to change, so that its record does so also
   * where the process dies before the end. Rejects where that cannot be written.
   */
  auditTarget(target: ChangeTarget): Promise<void>;
  /** Inside an @audited mutation: what was changed. The last call counts. */
  audit(change: AuditedChange): void;
  /** Inside an @audited mutation that has changed nothing: it leaves no record. */
  unchanged(): void;
  /** In a subscription: which completion the event is of, whether it is the last, and why the completion has failed. The gateway logs streams that are cut. */
  streamed(completionId: string, ended: boolean, code?: string): void;
}

/** What the gateway is to know of a stream. */
interface StreamNote {
  readonly completionId: string;
  readonly ended: boolean;
  readonly code?: string;
}

const neverAborted = new AbortController().signal;

export class OperationContext<TLoaders> implements SubgraphContext<TLoaders> {
  readonly caller: Caller;
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly clientAddress: string | null;
  readonly signal: AbortSignal;
  readonly #createLoaders: (context: SubgraphContext<TLoaders>) => TLoaders;
  #loaders: TLoaders | undefined;
  #change: AuditedChange | undefined;
  #unchanged = false;
  #nameTarget: ((target: ChangeTarget) => Promise<void>) | undefined;
  #decided: Set<CallPolicyName> | undefined;
  #streamId: string | undefined;
  #streamNote: StreamNote | undefined;

  constructor(
    request: SubgraphRequest,
    createLoaders: (context: SubgraphContext<TLoaders>) => TLoaders,
    signal: AbortSignal | undefined,
  ) {
    this.caller = request.caller;
    this.requestId = request.requestId;
    this.clientRequestId = request.clientRequestId ?? null;
    this.clientAddress = request.clientAddress;
    this.signal = signal ?? neverAborted;
    this.#createLoaders = createLoaders;
  }

  get loaders(): TLoaders {
    this.#loaders ??= this.#createLoaders(this);
    return this.#loaders;
  }

  reach(policy: CallPolicyName): CallReach {
    const reach = bindPolicy(policy, this.caller);
    const decided = <T>(decision: T): T => {
      this.#decided ??= new Set();
      this.#decided.add(policy);
      return decision;
    };
    return { sees: (call) => decided(reach.sees(call)), rows: () => decided(reach.rows()) };
  }

  /** Whether the policy has been decided in this operation. */
  hasDecided(policy: CallPolicyName): boolean {
    return this.#decided?.has(policy) ?? false;
  }

  streamed(completionId: string, ended: boolean, code?: string): void {
    if (ended || this.#streamId !== completionId) {
      this.#streamNote = code === undefined ? { completionId, ended } : { completionId, ended, code };
    }
    this.#streamId = completionId;
  }

  /** What the gateway is to know with this event; undefined with most. */
  takeStreamNote(): StreamNote | undefined {
    const note = this.#streamNote;
    this.#streamNote = undefined;
    return note;
  }

  /** The next event of a subscription reads afresh. */
  forgetLoaders(): void {
    this.#loaders = undefined;
  }

  async auditTarget(target: ChangeTarget): Promise<void> {
    await this.#nameTarget?.(target);
  }

  /** How the target of the mutation that runs next is recorded; undefined: it has no record. */
  nameTargetsBy(name: ((target: ChangeTarget) => Promise<void>) | undefined): void {
    this.#nameTarget = name;
  }

  audit(change: AuditedChange): void {
    this.#change = change;
  }

  unchanged(): void {
    this.#unchanged = true;
  }

  /** Whether the mutation that has just run has changed nothing. */
  takeUnchanged(): boolean {
    const unchanged = this.#unchanged;
    this.#unchanged = false;
    return unchanged;
  }

  /** Mutations run one after another, so what is here belongs to the field that has just run. */
  takeChange(): AuditedChange | undefined {
    const change = this.#change;
    this.#change = undefined;
    return change;
  }
}
