import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { type LoggedEvent, StreamLogLost } from '#state/streams/stream-log.ts';
import { eventOf, partsOf } from './answer-builder.ts';
import type { CompletionData, CompletionError, CompletionEventData } from './completion.ts';
import type { Inference } from './inference.ts';

export type CompletionEvents = AsyncIterableIterator<LoggedEvent<CompletionEventData>>;

/** Longer than any completion runs. */
const followMsMax = 3_600_000;
/** How often the result is read again while the database fails, and how soon. */
const readFailuresMax = 30;
const readRetryMs = 1_000;

const stillRunning: CompletionError = {
  code: 'OVERLOADED',
  message: 'The completion has not ended in time; follow it with resumeCompletion.',
  retryAfterMs: 1_000,
};

/** The events of a completion that has ended, as if told at once. Its numbers are the same each time. */
function* replay(completion: CompletionData): Generator<CompletionEventData> {
  const { id: completionId, modelId, status } = completion;
  const error = status === 'RUNNING' ? stillRunning : completion.error;
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

/** What a follower needs of its process. */
export type FollowDeps = Pick<Inference, 'streams' | 'reader' | 'running' | 'rowWatch' | 'delay' | 'log'>;

/**
 * The events of a completion after number `after`, to its end: from the stream log while that tells more, otherwise
 * from the result, once the row has ended. A log that another process writes may fall silent for good, with its process
 * or with its Redis: then the end of the row ends it.
 */
export function followCompletion(
  id: string,
  after: number,
  caller: Caller,
  signal: AbortSignal,
  deps: FollowDeps,
): CompletionEvents {
  let inner: CompletionEvents = deps.streams.read(id, after, signal);
  let last = after;
  let isReplay = false;
  let isSilenced = false;
  const onEnded = () => {
    isSilenced = true;
    void inner.return?.();
  };
  let hasLeft = false;
  let isWaiting = false;
  let unwatch = noop;
  const watch = () => {
    if (hasLeft) return;
    unwatch = deps.rowWatch.watch({ id, progress: () => (isWaiting ? last : undefined), onEnded });
  };
  const leave = () => {
    hasLeft = true;
    unwatch();
    signal.removeEventListener('abort', leave);
  };
  signal.addEventListener('abort', leave, { once: true });
  // Of what runs here the end is known without a look at the row.
  const local = deps.running.get(id);
  if (local === undefined) watch();
  else void local.done.then(watch);

  /** The next event of the log; undefined where the log has no more to tell before its end. */
  async function step(): Promise<IteratorResult<LoggedEvent<CompletionEventData>> | undefined> {
    try {
      isWaiting = true;
      const next = await inner.next();
      isWaiting = false;
      return next.done && isSilenced && !signal.aborted ? undefined : next;
    } catch (error) {
      if (!(error instanceof StreamLogLost)) {
        deps.log.warn({ err: error, completionId: id }, 'a stream log cannot be read; its row is followed');
      }
      return undefined;
    }
  }

  return {
    async next() {
      let next = isReplay ? await inner.next() : await step();
      if (next === undefined) {
        leave();
        isReplay = true;
        const completion = await outcome(id, caller, signal, deps);
        if (signal.aborted) return { done: true, value: undefined };
        inner = replayAfter(completion, last);
        next = await inner.next();
      }
      if (next.done) leave();
      else last = next.value.sequence;
      return next;
    },
    async return() {
      leave();
      await inner.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const noop = (): void => undefined;

/** The completion when it has ended, whichever process runs it; as it stands when the client leaves before. */
async function outcome(
  id: string,
  caller: Caller,
  signal: AbortSignal,
  { reader, rowWatch, delay, log }: FollowDeps,
): Promise<CompletionData> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(followMsMax)]);
  for (let failures = 0; ; ) {
    try {
      const found = await reader.outcome(id, caller, 0, over);
      if (found.status !== 'RUNNING' || over.aborted) return found;
    } catch (error) {
      failures += 1;
      if (error instanceof HeddleError || over.aborted || failures >= readFailuresMax) throw error;
      log.warn({ err: error, completionId: id }, 'a completion could not be read and is read again');
      await delay(readRetryMs, over).catch(noop);
      continue;
    }
    await new Promise<void>((resolve) => {
      const unwatch = rowWatch.watch({ id, progress: null, onEnded: resolve });
      over.addEventListener(
        'abort',
        () => {
          unwatch();
          resolve();
        },
        { once: true },
      );
    });
  }
}
