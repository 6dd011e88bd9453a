import { randomFillSync } from 'node:crypto';
import type { CacheStatus, CompletionStatus } from '#core/graph-enums.generated.ts';
import type { GuardrailVerdictRecord } from '#mongo/invocations.ts';
import type { AudioAnswer } from '#providers/audio.ts';
import type {
  AnswerExtras,
  FinishReason,
  OwnFields,
  ProviderUsage,
  ReasoningBlock,
  ToolCall,
} from '#providers/provider.ts';
import type { CallLimit } from '#state/quota/call-limits.ts';

/** One provider call, as plain JSON. */
export interface AttemptData {
  readonly modelId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: Exclude<CompletionStatus, 'RUNNING'>;
  readonly error: string | null;
  readonly usage: ProviderUsage | null;
  readonly usageEstimated: boolean;
  /** True: the AI model had no price; the cost is unknown and counted as 0. */
  readonly unpriced?: true;
  /** Nano-dollars as text: plain JSON has no bigint. */
  readonly costNanos: string;
  /** The rule of a guardrail that has called the AI model; absent: the call itself has. */
  readonly guardrail?: string;
}

/** Why a completion failed. */
export interface CompletionError {
  readonly code: string;
  readonly message: string;
  /** Milliseconds after which the same call may succeed; null where waiting does not help. */
  readonly retryAfterMs: number | null;
}

/** A completion as resolvers, stream logs and other processes see it: plain JSON. */
export interface CompletionData {
  readonly id: string;
  readonly status: CompletionStatus;
  readonly text: string;
  readonly json: unknown;
  readonly reasoning: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** Absent where there is none of it. */
  readonly extras?: AnswerExtras;
  /** Fields of the request that were not sent; absent: none. */
  readonly dropped?: readonly string[];
  /** What its caller sees of what guardrails found; absent: nothing. */
  readonly verdicts?: readonly GuardrailVerdictRecord[];
  readonly finishReason: FinishReason;
  readonly usage: ProviderUsage;
  readonly costNanos: string;
  readonly cache: CacheStatus;
  readonly modelId: string;
  readonly promptVersionId: string | null;
  readonly attempts: readonly AttemptData[];
  readonly createdAtMs: number;
  /** Absent: it runs, or a version of Heddle without this field has stored it. */
  readonly endedAtMs?: number;
  /** Set when FAILED. */
  readonly error: CompletionError | null;
  /** What was left of the caller's limits when the call was admitted: of a call of this process, and never stored. */
  readonly limits?: readonly CallLimit[];
  /** Its process died, or was taken for dead: what it used is an estimate, and its idempotency key is free again. */
  readonly orphaned?: true;
  /** It has succeeded with an answer that was not kept: `text` and its like do not contain it. */
  readonly unkept?: true;
}

/** The completion with what was left of the caller's limits when the call was admitted: for its client, never to be stored. */
export function withLimits(completion: CompletionData, limits: readonly CallLimit[]): CompletionData {
  return limits.length === 0 ? completion : { ...completion, limits };
}

/** An event of a completion's stream: plain JSON; its number is the log's. */
export type CompletionEventData = { readonly completionId: string } & (
  | {
      readonly type: 'CompletionStarted';
      readonly modelId: string;
      readonly dropped?: readonly string[];
      /** Of the input, as the provider has counted it, or an estimate; absent: not known. */
      readonly usage?: ProviderUsage;
      /** What was left of the caller's limits when the call was admitted; absent: not known. */
      readonly limits?: readonly CallLimit[];
      /** Absent: no prompt is run. */
      readonly promptVersionId?: string;
      /** What the caller sees of what guardrails have found by now; absent: nothing. */
      readonly verdicts?: readonly GuardrailVerdictRecord[];
    }
  | { readonly type: 'TextDelta'; readonly text: string; readonly alternative?: number }
  | { readonly type: 'ReasoningDelta'; readonly text: string; readonly alternative?: number }
  | { readonly type: 'ReasoningFinished'; readonly block: ReasoningBlock }
  | { readonly type: 'RefusalDelta'; readonly text: string; readonly alternative?: number }
  | { readonly type: 'CitationAdded'; readonly citation: unknown }
  | { readonly type: 'ProviderBlockAdded'; readonly format: string; readonly block: unknown }
  | { readonly type: 'ProviderBlockChanged'; readonly format: string; readonly change: unknown }
  | { readonly type: 'LogprobsDelta'; readonly tokens: readonly unknown[]; readonly alternative?: number }
  | ({ readonly type: 'AudioDelta' } & Partial<AudioAnswer>)
  | { readonly type: 'AlternativeFinished'; readonly alternative: number; readonly reason: FinishReason }
  | {
      readonly type: 'ToolCallDelta';
      readonly alternative?: number;
      readonly index: number;
      readonly id: string | null;
      readonly name: string | null;
      readonly argumentsDelta: string;
      /** Further fields of the call; absent: none, or those of an earlier event. */
      readonly own?: OwnFields;
    }
  | { readonly type: 'CompletionRestarted'; readonly reason: string; readonly modelId: string }
  | { readonly type: 'CompletionFinished'; readonly completion: CompletionData }
  | ({
      readonly type: 'CompletionFailed';
      readonly completion: CompletionData;
    } & CompletionError)
);

const randomPool = Buffer.alloc(10 * 256);
let randomUsed = randomPool.length;

/** A new id: nine base-36 digits of the time, so that ids grow with it, and 80 random bits. */
export function newCompletionId(nowMs: number): string {
  if (randomUsed === randomPool.length) {
    randomFillSync(randomPool);
    randomUsed = 0;
  }
  const random = randomPool.toString('hex', randomUsed, randomUsed + 10);
  randomUsed += 10;
  return `${nowMs.toString(36).padStart(9, '0')}${random}`;
}
