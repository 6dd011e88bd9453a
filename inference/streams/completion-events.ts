import type { LoggedEvent } from '#state/streams/stream-log.ts';
import type { CompletionEventData } from '../completion.ts';

/** An event of a completion with its number, of one type where that is named. */
export type CompletionEvent<Type extends CompletionEventData['type'] = CompletionEventData['type']> =
  LoggedEvent<Extract<CompletionEventData, { readonly type: Type }>>;

/** The events of a completion, from some position on. */
export type CompletionEvents = AsyncIterableIterator<LoggedEvent<CompletionEventData>>;
