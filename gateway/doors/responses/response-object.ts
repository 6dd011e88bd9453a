import { type CallContext, GraphFailure } from '../../operations/run-declared.ts';
import type { BodyFields } from '../body-fields.ts';
import { presentOpenAiError } from '../openai/openai-errors.ts';
import type { ChatUsageFragment, ResponseCompletionFragment } from '../operations.generated.ts';
import type { OutputItem } from './output/response-items.ts';
import { toOutput } from './output/whole-output.ts';
import { listClientTools } from './tools/client-tools.ts';

/** The fields of a response that repeat its request. */
export type RequestFields = BodyFields;

/** The fields of a response that its completion decides. */
export interface ResponseState {
  readonly id: string;
  readonly createdS: number;
  readonly model: string;
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';
  readonly incompleteReason: string | null;
  readonly output: readonly OutputItem[];
  readonly usage: object | null;
  readonly error: ResponseError | null;
  /** When it has ended, in seconds; absent: it has not, or at once. */
  readonly endedS?: number;
  /** Of the answer, once its provider has stated it; absent: that of the request. */
  readonly serviceTier?: string;
}

/** The error of a failed response; `type` is for the event `error` only. */
interface ResponseError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

/** How a response has ended, or that it has not. */
export type ResponseOutcome = Pick<
  ResponseState,
  'status' | 'incompleteReason' | 'error' | 'usage' | 'serviceTier' | 'endedS'
>;

/** What the errors of a response are reported with. */
export type ReportContext = Pick<CallContext, 'requestId' | 'services'>;

export function toResponseId(completionId: string): string {
  return `resp_${completionId}`;
}

/** Every field is there from the first event on: strict clients refuse a response that lacks one. */
export function toResponse(state: ResponseState, request: RequestFields): BodyFields {
  const { id, createdS, model, status, incompleteReason, output, usage, error, serviceTier } = state;
  // The handler has begun it by another clock than the one that has ended it.
  const completedS = Math.max(createdS, state.endedS ?? createdS);
  return {
    id: toResponseId(id),
    object: 'response',
    created_at: createdS,
    completed_at: status === 'completed' ? completedS : null,
    status,
    error: error === null ? null : { code: error.code, message: error.message },
    incomplete_details: incompleteReason === null ? null : { reason: incompleteReason },
    model,
    output,
    usage,
    ...request,
    ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
  };
}

function toSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

export function toResponsesUsage(usage: ChatUsageFragment): object {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.totalTokens,
  };
}

/** How a completion has ended, or that it has not. */
export function readOutcome(
  call: ReportContext,
  { status, finishReason, error, usage, serviceTier, endedAt }: ResponseCompletionFragment,
): ResponseOutcome {
  const counted = toResponsesUsage(usage);
  switch (status) {
    case 'RUNNING':
      return { status: 'in_progress', incompleteReason: null, error: null, usage: null };
    case 'CANCELLED':
      return { status: 'cancelled', incompleteReason: null, error: null, usage: counted };
    case 'FAILED': {
      const { code = 'INTERNAL', message = 'It failed.', retryAfterMs = null } = error ?? {};
      const failure = new GraphFailure({ message, extensions: { code, retryAfterMs } });
      return {
        status: 'failed',
        incompleteReason: null,
        error: toResponseError(call, failure),
        usage: counted,
      };
    }
    case 'SUCCEEDED': {
      const reasons = { LENGTH: 'max_output_tokens', CONTENT_FILTER: 'content_filter' } as const;
      const reason =
        finishReason === 'LENGTH' || finishReason === 'CONTENT_FILTER' ? reasons[finishReason] : null;
      return {
        status: reason === null ? 'completed' : 'incomplete',
        incompleteReason: reason,
        error: null,
        usage: counted,
        ...(endedAt === null ? {} : { endedS: toSeconds(endedAt) }),
        ...(serviceTier === null ? {} : { serviceTier }),
      };
    }
  }
}

/** The error of a failed response. Clients such as Codex read the time to wait from its message. */
export function toResponseError(call: ReportContext, thrown: unknown): ResponseError {
  const { code, type, message, heddle_code } = presentOpenAiError(call, thrown);
  const isRate = type === 'rate_limit_error' || heddle_code === 'PROVIDER_RATE_LIMITED';
  const afterMs = thrown instanceof GraphFailure ? thrown.extensions.retryAfterMs : undefined;
  const wait =
    isRate && typeof afterMs === 'number' ? ` Please try again in ${Math.ceil(afterMs / 1000)}s.` : '';
  return { type, code: isRate ? 'rate_limit_exceeded' : (code ?? 'server_error'), message: message + wait };
}

/** The fields of the event `error`: the error itself for SDKs, which throw it, and its fields as OpenAI documents them. */
export function toErrorEvent({ type, code, message }: ResponseError): object {
  return { code, message, param: null, error: { type, code, message, param: null } };
}

/** A completion as a response. */
export function toStoredResponse(
  call: ReportContext,
  completion: ResponseCompletionFragment,
  request: RequestFields,
  output: readonly OutputItem[] = toOutput(completion, listClientTools(request.tools)),
): BodyFields {
  const state: ResponseState = {
    id: completion.id,
    createdS: toSeconds(completion.createdAt),
    model: completion.model.id,
    output,
    ...readOutcome(call, completion),
  };
  return toResponse(state, request);
}
