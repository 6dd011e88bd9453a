import type { LoggedEvent } from '#state/streams/stream-log.ts';
import type { CompletionEventData } from '../completion.ts';

/** The events of a completion, from some position on. */
export type CompletionEvents = AsyncIterableIterator<LoggedEvent<CompletionEventData>>;
