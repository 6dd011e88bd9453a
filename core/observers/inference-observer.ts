import type { CacheStatus, CircuitState, CompletionStatus } from '../graph-enums.generated.ts';

/** The AI model of a provider call. The same object stands for the same model until the catalog changes. */
export interface ObservedModel {
  /** The provider's own name of it. */
  readonly name: string;
  readonly provider: { readonly id: string; readonly kind: string };
}

/** Tokens of one provider call, as the provider counts them. */
export interface ObservedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
}

/** What a provider call is for, as OpenTelemetry names it (`gen_ai.operation.name`); it has no name for moderation. */
export type GenAiOperation = 'chat' | 'embeddings' | 'moderation';

/** A provider call that has ended. */
export interface ObservedAttempt {
  readonly operation: GenAiOperation;
  readonly model: ObservedModel;
  readonly outcome: Exclude<CompletionStatus, 'RUNNING'>;
  /** The code of its failure; null: it has not failed. */
  readonly code: string | null;
  readonly durationMs: number;
  /** Null: the answer was not read as a stream, or nothing of it came. */
  readonly timeToFirstChunkMs: number | null;
  /** Null: nothing is known. */
  readonly usage: ObservedUsage | null;
  readonly costNanos: bigint;
  /** The trace that it is a part of, where that is exported for certain; undefined: there is none. */
  readonly traceId?: string | undefined;
}

/** A row of the ledger that was closed: a call with everything that was done for it. */
export interface ObservedCall {
  readonly status: Exclude<CompletionStatus, 'RUNNING'>;
  readonly code: string | null;
  readonly cache: CacheStatus;
  readonly latencyMs: number;
}

/** What one guardrail stated. */
export interface ObservedVerdict {
  readonly rule: string;
  readonly stage: string;
  readonly action: string;
  readonly isShadow: boolean;
  readonly fired: boolean;
  readonly failed: boolean;
  readonly durationMs: number;
}

/**
 * Why the payload of a call was not kept. ROOM: too many bytes waited for the store. UNSEALED: it could not be written or sealed. STORE:
 * the store failed.
 */
export const payloadDrops = ['ROOM', 'UNSEALED', 'STORE'] as const;
export type PayloadDrop = (typeof payloadDrops)[number];

/** What an engine states when it is looked at. */
export interface InferenceGauges {
  /** Provider calls and completions in progress. */
  readonly running: number;
  /** Age of the oldest of them in milliseconds; 0 without any. */
  readonly oldestRunningMs: number;
  /** Rows that wait to be written. */
  readonly ledgerWaiting: number;
}

/** Gets the facts of an engine, for metrics. No method throws or waits: they are called on the path of a call. */
export interface InferenceObserver {
  attemptEnded(attempt: ObservedAttempt): void;
  /** A part of a streamed answer came, so many milliseconds after the one before it. */
  chunkCame(model: ObservedModel, afterMs: number): void;
  callEnded(call: ObservedCall): void;
  verdicts(verdicts: readonly ObservedVerdict[]): void;
  circuitChanged(modelId: string, providerId: string, state: CircuitState): void;
  /** A row of the ledger was written, or was not. */
  rowWritten(kind: 'open' | 'close', durationMs: number, failed: boolean): void;
  /** The payload of a call was to be kept and was not. */
  payloadDropped(reason: PayloadDrop): void;
  /** `read` is called whenever metrics are read, until it is disposed. */
  watch(read: () => InferenceGauges): Disposable;
}
