import type { GuardrailVerdictRecord } from '#mongo/invocations.ts';
import type { ProviderUsage } from '#providers/provider.ts';
import type { CallLimit } from '#state/quota/call-limits.ts';
import type { StreamWriter } from '#state/streams/stream-log.ts';
import type { CompletionData, CompletionEventData } from '../completion.ts';
import type { ClosedInvocation } from '../execution/outcome.ts';

/** Where the events of one completion go. */
export interface EventSink {
  /** The first event; `dropped`: fields of the request that are not sent; undefined: none. */
  started(modelId: string, dropped: readonly string[] | undefined, usage: ProviderUsage): void;
  /** A promise when a reader is behind and the log is full: to be waited for before more is read. */
  append(event: CompletionEventData): Promise<void> | undefined;
  restarted(reason: string, modelId: string): void;
  /** The last event: CompletionFinished, or CompletionFailed. */
  end(ended: ClosedInvocation): Promise<void>;
  /** From now on events are dropped, and the log is abandoned: a client that returns gets the whole once it has ended. */
  drain(): void;
}

/** What an event takes beside its text, in bytes: its object, its entry in the log, the head of its text. */
const frameBytes = 256;
/** What a completion takes beside its texts: usage, attempts, ids. */
const completionBytes = 2_048;

/**
 * What the answer takes, in bytes. Counting them also makes each text one piece: put together of its parts it would hold
 * every one of them.
 */
function measureCompletion({ text, json, reasoning, toolCalls, extras }: CompletionData): number {
  const more = extras === undefined ? 0 : 2 * JSON.stringify(extras).length;
  const calls = toolCalls.length === 0 ? 0 : 2 * JSON.stringify(toolCalls).length;
  const texts = Buffer.byteLength(text) + Buffer.byteLength(reasoning ?? '');
  // A parsed value takes several times its text.
  return completionBytes + texts + (json === null ? 0 : 4 * text.length) + calls + more;
}

/** Characters of the texts of an event; of a value, of its JSON. */
function countCharacters(event: CompletionEventData): number {
  switch (event.type) {
    case 'TextDelta':
    case 'ReasoningDelta':
    case 'RefusalDelta':
      return event.text.length;
    case 'ToolCallDelta':
      return event.argumentsDelta.length + (event.own === undefined ? 0 : JSON.stringify(event.own).length);
    case 'ReasoningFinished':
      return (
        (event.block.text?.length ?? 0) +
        (event.block.signature?.length ?? 0) +
        (event.block.redacted?.length ?? 0)
      );
    case 'AudioDelta':
      return (event.data?.length ?? 0) + (event.transcript?.length ?? 0);
    case 'CitationAdded':
      return JSON.stringify(event.citation).length;
    case 'ProviderBlockAdded':
      return JSON.stringify(event.block).length;
    case 'ProviderBlockChanged':
      return JSON.stringify(event.change).length;
    case 'LogprobsDelta':
      return JSON.stringify(event.tokens).length;
    default:
      return 0;
  }
}

/** What is known of a completion when it starts. */
export interface StartedCompletion {
  /** The prompt version that is run; null: none is. */
  readonly promptVersionId: string | null;
  /** What was left of the caller's limits when the call was admitted; absent: not known. */
  readonly limits?: readonly CallLimit[];
  /** What the caller sees of what guardrails have found by now; absent: nothing. */
  readonly verdicts?: readonly GuardrailVerdictRecord[] | undefined;
}

/** The first event of a completion; of `usage` it has the input, also where the whole is known. */
export function toStartedEvent(
  completionId: string,
  modelId: string,
  dropped: readonly string[] | undefined,
  usage: ProviderUsage,
  { promptVersionId, limits = [], verdicts }: StartedCompletion,
): CompletionEventData {
  return {
    type: 'CompletionStarted',
    completionId,
    modelId,
    usage: { ...usage, outputTokens: 0, reasoningTokens: 0 },
    ...(dropped === undefined ? {} : { dropped }),
    ...(promptVersionId === null ? {} : { promptVersionId }),
    ...(limits.length === 0 ? {} : { limits }),
    ...(verdicts === undefined ? {} : { verdicts }),
  };
}

export function createEventSink(
  completionId: string,
  writer: StreamWriter<CompletionEventData>,
  started: StartedCompletion,
): EventSink {
  let draining = false;
  function emit(event: CompletionEventData, size?: number): Promise<void> | undefined {
    return draining ? undefined : writer.append(event, size);
  }
  return {
    started: (modelId, dropped, usage) =>
      void emit(toStartedEvent(completionId, modelId, dropped, usage, started)),
    append(event) {
      // Texts beyond Latin-1 take two bytes a character.
      return emit(event, frameBytes + 2 * countCharacters(event));
    },
    restarted: (reason, modelId) => void emit({ type: 'CompletionRestarted', completionId, reason, modelId }),
    async end({ completion, failure }) {
      if (draining) return;
      await writer.end(
        failure === null
          ? { type: 'CompletionFinished', completionId, completion }
          : {
              type: 'CompletionFailed',
              completionId,
              code: failure.code,
              message: failure.message,
              retryAfterMs: failure.retryAfterMs,
              completion,
            },
        frameBytes + measureCompletion(completion),
      );
    },
    drain() {
      draining = true;
      void writer[Symbol.asyncDispose]();
    },
  };
}
