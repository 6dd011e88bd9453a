import { AnswerBuilder } from '#providers/answer-builder.ts';
import type { LoggedEvent } from '#state/streams/stream-log.ts';
import type { CompletionEventData } from '../completion.ts';
import { toPart } from '../execution/answer-events.ts';

/** What a stream log still holds of the last answer in it. */
export interface LoggedAnswer {
  /** The AI model that it is of; null: that event is no longer held. */
  readonly modelId: string | null;
  readonly answer: AnswerBuilder;
  /** Nothing of it is missing at its beginning. */
  readonly whole: boolean;
}

/** Puts an answer together again from the events held of its log. Null: there are none. */
export function loggedAnswer(events: readonly LoggedEvent<CompletionEventData>[]): LoggedAnswer | null {
  const [first] = events;
  if (first === undefined) return null;
  let modelId: string | null = null;
  let answer = new AnswerBuilder();
  let whole = first.sequence === 0;
  for (const { event } of events) {
    if (event.type === 'CompletionStarted' || event.type === 'CompletionRestarted') {
      // What came before a restart is of another model.
      modelId = event.modelId;
      answer = new AnswerBuilder();
      whole = true;
      continue;
    }
    const part = toPart(event);
    if (part !== null) answer.add(part);
  }
  return { modelId, answer, whole };
}
