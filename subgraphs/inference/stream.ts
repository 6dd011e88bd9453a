import type { Caller } from '#schema/caller.ts';
import type { LoggedEvent, StreamLogs } from '#state/streams/stream-log.ts';
import { StreamLogLost } from '#state/streams/stream-log.ts';
import { eventOf, partsOf } from './answer-builder.ts';
import type { CompletionData, CompletionEventData } from './completion.ts';
import type { CompletionReader } from './read.ts';

export type CompletionEvents = AsyncIterableIterator<LoggedEvent<CompletionEventData>>;

/** Longer than any completion runs. */
const followMsMax = 3_600_000;

/** The events of a completion that has ended, as if told at once. Its numbers are the same each time. */
function* replay(completion: CompletionData): Generator<CompletionEventData> {
  const { id: completionId, modelId, error } = completion;
  yield { type: 'CompletionStarted', completionId, modelId };
  yield* content(completion);
  yield error === null
    ? { type: 'CompletionFinished', completionId, completion }
    : { type: 'CompletionFailed', completionId, ...error, completion };
}

function* content(completion: CompletionData): Generator<CompletionEventData> {
  for (const part of partsOf(completion)) {
    const event = eventOf(completion.id, part);
    if (event !== undefined) yield event;
  }
}

/** After events that are no longer held: what the client has is discarded, and the whole is told at once. */
function* replayAnew(completion: CompletionData): Generator<CompletionEventData> {
  const { id: completionId, modelId } = completion;
  const reason = 'The single events are no longer held; this is the whole.';
  yield { type: 'CompletionRestarted', completionId, reason, modelId };
  for (const event of replay(completion)) if (event.type !== 'CompletionStarted') yield event;
}

/** A completion that has ended, from the event after number `after`. */
export async function* replayAfter(
  completion: CompletionData,
  after: number,
): AsyncGenerator<LoggedEvent<CompletionEventData>, undefined> {
  let sequence = after + 1;
  for (const event of after < 0 ? replay(completion) : replayAnew(completion)) {
    yield { sequence, event };
    sequence += 1;
  }
}

/**
 * The events of a completion after number `after`, to its end: from the stream log while that holds them, otherwise
 * from the result, which is waited for if it runs in a process whose log cannot be read.
 */
export function followCompletion(
  id: string,
  after: number,
  caller: Caller,
  signal: AbortSignal,
  deps: { readonly streams: StreamLogs; readonly reader: CompletionReader },
): CompletionEvents {
  let inner: CompletionEvents = deps.streams.read(id, after, signal);
  let told = after;
  let fellBack = false;
  return {
    async next() {
      for (;;) {
        try {
          const step = await inner.next();
          if (!step.done) told = step.value.sequence;
          return step;
        } catch (error) {
          if (!(error instanceof StreamLogLost) || fellBack) throw error;
          fellBack = true;
          const completion = await deps.reader.outcome(id, caller, followMsMax, signal);
          if (signal.aborted) return { done: true, value: undefined };
          inner = replayAfter(completion, told);
        }
      }
    },
    async return() {
      await inner.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
