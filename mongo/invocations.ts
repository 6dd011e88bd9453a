import type { ErrorCode } from '#core/errors.ts';
import type {
  CacheStatus,
  CompletionStatus,
  ErasureKind,
  GuardrailAction,
  GuardrailStage,
  MessageRole,
  PayloadLogging,
  Retention,
} from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';
import type { PriceRecord } from './models.ts';

/** Tokens; input includes cached input, output includes reasoning. */
export interface UsageRecord {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  /** Of cacheWriteTokens, those that are kept for an hour; absent where there are none. */
  cacheWrite1hTokens?: number;
  reasoningTokens: number;
}

/** One provider call made for an invocation. */
export interface AttemptRecord {
  modelId: string;
  startedAt: Date;
  durationMs: number;
  outcome: Exclude<CompletionStatus, 'RUNNING'>;
  /** The code and a message without secrets; null when it succeeded. */
  error: string | null;
  /** Null: the provider reported none. */
  usage: UsageRecord | null;
  /** True: the call was cut before its provider reported the usage, and this is an estimate. */
  usageEstimated?: boolean;
  /** True: the AI model had no price, so that the cost is unknown and counted as 0. */
  unpriced?: true;
  costNanos: bigint;
  /** The rule of a guardrail that has called the AI model; absent: the call itself has. */
  guardrail?: string;
}

/** A provider call under way, with everything that an estimate of its usage and cost needs. */
export interface AttemptProgressRecord {
  modelId: string;
  providerId: string;
  startedAt: Date;
  /** An upper bound. */
  inputTokensMax: number;
  /** What the request or the model allows; null: neither sets a limit. */
  outputTokensMax: number | null;
  /** The price in force when the call was made; null: none is known. */
  price: PriceRecord | null;
  /** Characters of the answer so far. */
  receivedChars: number;
  /**
   * Characters that may have come before the next record is durable: no more are passed on until then. Absent where the
   * answer comes whole, and on rows that older versions wrote.
   */
  coveredChars?: number;
  /** The provider's last count; null: none yet. */
  counted: UsageRecord | null;
  /** As in AttemptRecord. */
  guardrail?: string;
}

/**
 * The first provider call of a row, as far as the row itself does not have it: its AI model and its start are the row's. It
 * counts until the row has a progress record.
 */
export type OpeningRecord = Pick<
  AttemptProgressRecord,
  'inputTokensMax' | 'outputTokensMax' | 'price' | 'coveredChars'
>;

/** What a call has used so far, for the case that its process dies: its row is then closed from this. */
export interface ProgressRecord {
  at: Date;
  /** Provider calls that have ended. */
  attempts: AttemptRecord[];
  /** The one under way; null: none is. */
  attempt: AttemptProgressRecord | null;
  /** Those of guardrails that are under way; absent: none is. */
  questions?: AttemptProgressRecord[];
}

/** What a rule of a guardrail policy stated of a call. It holds nothing of the texts. */
export interface GuardrailVerdictRecord {
  readonly rule: string;
  /** Null: a rule of HEDDLE_GUARDRAILS. */
  readonly policyId: string | null;
  readonly policyVersion: number | null;
  readonly stage: GuardrailStage;
  readonly action: GuardrailAction;
  readonly shadow: boolean;
  readonly fired: boolean;
  readonly failed: boolean;
  readonly reason: string | null;
  /** The number of places by kind. */
  readonly findings: readonly { readonly kind: string; readonly count: number }[];
  readonly durationMs: number;
}

/** How large a call was, without its content: UTF-16 code units of texts, as the guardrails let them pass. */
export interface CallSizesRecord {
  /** Of the messages, by author; of an embedding its values. Empty: a prompt of the mesh was run. */
  readonly input: readonly {
    readonly role: MessageRole;
    readonly characters: number;
    readonly parts: number;
  }[];
  readonly tools: number;
  /** Null while the call runs, and where its process died and what had come of the answer is not known; so are those below. */
  readonly textCharacters: number | null;
  readonly reasoningCharacters: number | null;
  readonly toolCalls: number | null;
}

/**
 * One row of the ledger: the request, the caller, the usage. Written before a provider is called, closed
 * exactly once. Only the inference subgraph writes it; usage reads it.
 */
export interface InvocationRecord {
  /** Also the id of the completion. Grows with time. */
  _id: string;
  /** completion or embedding. */
  kind: string;
  status: CompletionStatus;
  tenantId: string;
  appId: string | null;
  /** The team of the app when it was called; absent: it had none. */
  teamId?: string;
  keyId: string | null;
  /** The line that the key belongs to, which its limits are counted under; absent on older rows. */
  keyLineId?: string | null;
  /** The holders of limits that count it beside its tenant, app and key: see ApiKeyRecord. Absent for most keys. */
  makerScopes?: string[];
  /** The subject of a caller that is a user; null for an API key. */
  subject: string | null;
  /** The AI model that answered; while RUNNING the one that is called first. */
  modelId: string;
  providerId: string;
  promptId: string | null;
  promptVersionId: string | null;
  usage: UsageRecord;
  costNanos: bigint;
  /**
   * What the call would have cost more: answered from the cache, or by an identical call, its cost of the AI model; answered by another AI
   * model than the first choice of its route, the difference, which may be less than 0. Absent: 0 or not known.
   */
  savedNanos?: bigint;
  /** True: an attempt was unpriced, so that the cost is not the whole. Absent otherwise. */
  unpriced?: true;
  /** Upper bounds of what the call draws, reserved before it was sent; absent where nothing is drawn, and on older rows. */
  reserved?: { tokens: number; costNanos: bigint };
  cache: CacheStatus;
  latencyMs: number | null;
  timeToFirstTokenMs: number | null;
  errorCode: ErrorCode | null;
  /** What went wrong, without secrets and client text; absent on rows that older versions wrote. */
  error?: string | null;
  startedAt: Date;
  /** Null exactly while RUNNING. */
  endedAt: Date | null;
  /** The process that runs it; see owners.ts. */
  ownerId: string;
  attempts: AttemptRecord[];
  /** Our id of the request, as in the log and the answer's x-request-id; absent on older rows. */
  requestId?: string;
  /** The client's own id of that request; absent when it sent none. */
  clientRequestId?: string;
  /** Where the call is in the trace of its request; absent when none was recorded. */
  trace?: { traceId: string; spanId: string };
  /** The network that the API key called from, e.g. 203.0.113.0/24; absent: not known, or a call of a person or with a page token. */
  clientNetwork?: string;
  /** The end user that the client named; absent when it named none. */
  endUserId?: string;
  /** The conversation that the client named; absent when it named none, or had no content kept. */
  conversationId?: string;
  /** The client's own tags; absent when there are none. */
  tags?: string[];
  /** How good the answer was, from 1 to 5, as it was rated; absent: it was not. */
  rating?: number;
  /** NONE: the caller had no content kept; absent otherwise. */
  retention?: Exclude<Retention, 'DEFAULT'>;
  /** The payload rule of the tenant when the call was made, where it is one of these and the call has kept to none; absent otherwise. */
  payloadLogging?: Extract<PayloadLogging, 'METADATA' | 'FULL'>;
  /** Until when the payload is kept. Absent: the call runs, or has none. */
  payloadUntil?: Date;
  /** Absent: no AI model was to be called for it, or a guardrail was still looking when its process died; or its tenant keeps neither metadata nor payloads. */
  sizes?: CallSizesRecord;
  /** Of rules that found something or could not look, at most 50. Absent: there is none, or the call runs. */
  guardrailVerdicts?: readonly GuardrailVerdictRecord[];
  /** Present only while RUNNING. */
  opening?: OpeningRecord;
  /** Present only while RUNNING, once more is known than `opening` states. */
  progress?: ProgressRecord;
  /**
   * True: its process died, or was taken for dead, and another one closed the row; usage and cost may be estimates. The
   * only closed rows that may change once more: when the process lives after all, it replaces the estimate.
   */
  orphaned?: boolean;
  /** The erasure that has taken from it what identifies people; no content of it is kept. Absent: none has. */
  erased?: ErasureKind;
}

const usage = {
  _id: false,
  inputTokens: { type: Number, required: true },
  outputTokens: { type: Number, required: true },
  cachedInputTokens: { type: Number, required: true },
  cacheWriteTokens: { type: Number, required: true },
  cacheWrite1hTokens: Number,
  reasoningTokens: { type: Number, required: true },
};

const text = { type: String, required: true };

export const invocations = defineCollection<InvocationRecord>(
  'invocations',
  {
    _id: text,
    kind: text,
    status: text,
    tenantId: text,
    appId: String,
    teamId: String,
    keyId: String,
    keyLineId: String,
    makerScopes: { type: [String], default: undefined },
    subject: String,
    modelId: text,
    providerId: text,
    promptId: String,
    promptVersionId: String,
    usage,
    costNanos: { type: BigInt, required: true },
    savedNanos: BigInt,
    unpriced: Boolean,
    // Written by the driver alone.
    reserved: Object,
    cache: text,
    latencyMs: Number,
    timeToFirstTokenMs: Number,
    errorCode: String,
    error: String,
    startedAt: { type: Date, required: true },
    endedAt: Date,
    ownerId: text,
    requestId: String,
    clientRequestId: String,
    trace: { type: { _id: false, traceId: text, spanId: text }, default: undefined },
    clientNetwork: String,
    endUserId: String,
    conversationId: String,
    tags: { type: [String], default: undefined },
    rating: Number,
    retention: String,
    payloadLogging: String,
    payloadUntil: Date,
    attempts: [
      {
        _id: false,
        modelId: text,
        startedAt: { type: Date, required: true },
        durationMs: { type: Number, required: true },
        outcome: text,
        error: String,
        usage,
        usageEstimated: Boolean,
        unpriced: Boolean,
        costNanos: { type: BigInt, required: true },
        guardrail: String,
      },
    ],
    // Written by the driver alone.
    sizes: Object,
    guardrailVerdicts: { type: [Object], default: undefined },
    // Written and read by the driver alone.
    opening: Object,
    progress: Object,
    orphaned: Boolean,
    erased: String,
  },
  [
    [{ tenantId: 1, startedAt: -1, _id: -1 }],
    // For those who see the calls of their own key.
    [{ keyLineId: 1, tenantId: 1, startedAt: -1, _id: -1 }],
    // For those who see every tenant.
    [{ startedAt: -1, _id: -1 }],
    // Rows without the label are not in the index and pay nothing for it.
    [
      { endUserId: 1, tenantId: 1, startedAt: -1, _id: -1 },
      { partialFilterExpression: { endUserId: { $exists: true } } },
    ],
    [
      { conversationId: 1, tenantId: 1, startedAt: -1, _id: -1 },
      { partialFilterExpression: { conversationId: { $exists: true } } },
    ],
    [
      { rating: 1, tenantId: 1, startedAt: -1, _id: -1 },
      { partialFilterExpression: { rating: { $exists: true } } },
    ],
    [
      { tags: 1, tenantId: 1, startedAt: -1, _id: -1 },
      { partialFilterExpression: { tags: { $exists: true } } },
    ],
    [{ ownerId: 1 }, { partialFilterExpression: { status: 'RUNNING' } }],
  ],
);
