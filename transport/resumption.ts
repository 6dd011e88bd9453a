import type { SubgraphName } from '#core/subgraph-names.ts';

/** Subscriptions with events from a numbered log, so that one that breaks off can be continued after its last event. */
export interface Resumption {
  /** The subscription fields; all return one type. */
  readonly fields: readonly string[];
  /** The field among them that continues one, and its arguments. */
  readonly resume: { readonly field: string; readonly id: string; readonly after: string };
  /** The interface of all events. */
  readonly eventType: string;
  /** The fields of an event that identify what to continue, and after which number. */
  readonly event: { readonly id: string; readonly sequence: string };
  /** The types of the last event. */
  readonly lastTypes: readonly string[];
  /** That of them which reports a failure: it has the fields code, message, retryAfterMs and completion beside the event's. */
  readonly failedType: string;
}

/** The subgraphs with such subscriptions. */
export const resumptions: Readonly<Partial<Record<SubgraphName, Resumption>>> = {
  inference: {
    fields: ['completionStream', 'promptStream', 'resumeCompletion'],
    resume: { field: 'resumeCompletion', id: 'id', after: 'after' },
    eventType: 'CompletionEvent',
    event: { id: 'completionId', sequence: 'sequence' },
    lastTypes: ['CompletionFinished', 'CompletionFailed'],
    failedType: 'CompletionFailed',
  },
};
