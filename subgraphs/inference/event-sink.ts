import type { StreamWriter } from '#state/streams/stream-log.ts';
import type { CompletionData, CompletionEventData } from './completion.ts';
import type { Ended } from './ending.ts';

/** Where the events of one completion go. */
export interface EventSink {
  started(modelId: string): void;
  /** A promise when a reader is behind and the log is full: to be waited for before more is read. */
  append(event: CompletionEventData): Promise<void> | undefined;
  restarted(reason: string, modelId: string): void;
  /** The last event: CompletionFinished, or CompletionFailed. */
  end(ended: Ended): Promise<void>;
  /** From now on events are dropped, and the log is given up: who comes back is told the whole when it has ended. */
  drain(): void;
}

/** What an event holds beside its text, roughly, in characters. */
const frameSize = 96;

/** The answer, roughly, in characters. */
function sizeOf({ text, json, reasoning, toolCalls }: CompletionData): number {
  const calls = toolCalls.length === 0 ? 0 : JSON.stringify(toolCalls).length;
  return text.length * (json === null ? 1 : 2) + (reasoning?.length ?? 0) + calls;
}

export function createEventSink(completionId: string, writer: StreamWriter<CompletionEventData>): EventSink {
  let draining = false;
  function tell(event: CompletionEventData, size?: number): Promise<void> | undefined {
    return draining ? undefined : writer.append(event, size);
  }
  return {
    started: (modelId) => void tell({ type: 'CompletionStarted', completionId, modelId }),
    append(event) {
      const text =
        event.type === 'TextDelta' || event.type === 'ReasoningDelta'
          ? event.text
          : event.type === 'ToolCallDelta'
            ? event.argumentsDelta
            : '';
      return tell(event, frameSize + text.length);
    },
    restarted: (reason, modelId) => void tell({ type: 'CompletionRestarted', completionId, reason, modelId }),
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
        frameSize + sizeOf(completion),
      );
    },
    drain() {
      draining = true;
      void writer[Symbol.asyncDispose]();
    },
  };
}
