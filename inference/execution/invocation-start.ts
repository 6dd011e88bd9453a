import type { Caller } from '#core/caller.ts';
import type { CacheStatus } from '#core/graph-enums.generated.ts';
import type { GuardedCall } from '../guarding/guard-call.ts';
import type { Meters } from '../metering/meters.ts';
import type { CallAccount } from '../questions/call-account.ts';
import type { CompletionRequest } from '../request.ts';
import type { Candidates } from '../routing/route.ts';
import type { EventSink } from '../streams/event-sink.ts';

/** What an invocation is begun with. */
export interface InvocationStart {
  readonly id: string;
  readonly request: CompletionRequest;
  /** The call as it goes to the AI model, and what binds the answer. */
  readonly guarded: GuardedCall;
  readonly caller: Caller;
  readonly candidates: Candidates;
  readonly meters: Meters;
  /** What its guardrails have taken already, and what it takes. */
  readonly account: CallAccount;
  /** The first attempt is reserved, and in the row. */
  readonly isReserved: boolean;
  readonly startedAtMs: number;
  /** Where the events go; null: the answer is wanted whole. */
  readonly sink: EventSink | null;
  /** Whether the cache was read before. */
  readonly cache: Extract<CacheStatus, 'MISS' | 'BYPASS'>;
}
