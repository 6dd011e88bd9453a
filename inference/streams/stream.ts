import { HeddleError } from '#core/errors.ts';
import type { CallReach } from '#core/policies.ts';
import { type AnswerBuilder, toParts } from '#providers/answer-builder.ts';
import type { ProviderPart } from '#providers/provider.ts';
import { type LoggedEvent, StreamLogLost } from '#state/streams/stream-log.ts';
import { streamNotKept } from '../admission/unkept.ts';
import type { CompletionData, CompletionError, CompletionEventData } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import { toEvent } from '../execution/answer-events.ts';
import { loggedAnswer } from '../ledger/logged-answer.ts';
import type { CompletionEvents } from './completion-events.ts';
import { toStartedEvent } from './event-sink.ts';

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

/** The last event of a completion. */
function toLastEvent(completion: CompletionData): CompletionEventData {
  const { id: completionId, status } = completion;
  const error = status === 'RUNNING' ? stillRunning : completion.error;
  return error === null
    ? { type: 'CompletionFinished', completionId, completion }
    : { type: 'CompletionFailed', completionId, ...error, completion };
}

/** The events of a completion that has ended, as if sent at once. Its numbers are the same each time. */
function* replay(completion: CompletionData): Generator<CompletionEventData> {
  const { id: completionId, modelId, dropped, usage } = completion;
  // What was left of limits then is not known any more.
  const { promptVersionId, verdicts } = completion;
  yield toStartedEvent(completionId, modelId, dropped, usage, { promptVersionId, verdicts });
  yield* toEvents(completionId, toParts(completion));
  yield toLastEvent(completion);
}

function* toEvents(id: string, parts: readonly ProviderPart[]): Generator<CompletionEventData> {
  for (const part of parts) {
    const event = toEvent(id, part);
    if (event !== undefined) yield event;
  }
}

/**
 * The events of a completion that has ended, after those that the client has. What is missing, where it is known what
 * the client has and that is how the answer begins; otherwise the client discards it, and the whole is sent at once.
 */
function* replayRest(completion: CompletionData, sent: AnswerBuilder | null): Generator<CompletionEventData> {
  const { id: completionId, modelId, status } = completion;
  const whole = toParts(completion);
  // Of a completion that came to nothing there is nothing to send again: the client keeps what it has.
  const missing = whole.length === 0 && status !== 'SUCCEEDED' ? [] : partsAfter(completion, sent);
  if (missing === null) {
    const reason = 'The single events are no longer held; this is the whole.';
    yield { type: 'CompletionRestarted', completionId, reason, modelId };
  }
  yield* toEvents(completionId, missing ?? whole);
  yield toLastEvent(completion);
}

/** What the answer has beyond what was sent of it; null where that is not how it begins, or is not known. */
function partsAfter(completion: CompletionData, sent: AnswerBuilder | null): readonly ProviderPart[] | null {
  if (sent === null) return null;
  const { text, toolCalls } = completion;
  const reasoning = completion.reasoning ?? '';
  if (!text.startsWith(sent.text) || !reasoning.startsWith(sent.reasoning)) return null;
  const calls = sent.toolCalls;
  // A tool call that was sent in part cannot be distinguished from another one.
  if (calls.length > 0 && JSON.stringify(calls) !== JSON.stringify(toolCalls)) return null;
  // Of what few answers have it is not distinguished what was sent.
  if (Object.keys(completion.extras ?? {}).some((name) => name !== 'finish')) return null;
  return toParts({
    text: text.slice(sent.text.length),
    reasoning: reasoning.length > sent.reasoning.length ? reasoning.slice(sent.reasoning.length) : null,
    toolCalls: calls.length > 0 ? [] : toolCalls,
  });
}

/** A completion that has ended, from the event after number `after`; `sent` is what the client has, where that is known. */
export async function* replayAfter(
  completion: CompletionData,
  after: number,
  sent: AnswerBuilder | null = null,
): AsyncGenerator<LoggedEvent<CompletionEventData>, undefined> {
  let sequence = after + 1;
  for (const event of after < 0 ? replay(completion) : replayRest(completion, sent)) {
    yield { sequence, event };
    sequence += 1;
  }
}

/** The answer up to this event, as far as the log still holds it; null where it does not hold it whole. */
async function answerUpTo(
  id: string,
  last: number,
  { streams, log }: Pick<FollowDeps, 'streams' | 'log'>,
): Promise<AnswerBuilder | null> {
  if (last < 0) return null;
  try {
    const held = (await streams.held<CompletionEventData>(id)).filter(({ sequence }) => sequence <= last);
    const logged = held.at(-1)?.sequence === last ? loggedAnswer(held) : null;
    return logged?.whole === true ? logged.answer : null;
  } catch (error) {
    log.debug({ err: error, completionId: id }, 'a stream log cannot be read; the whole is sent again');
    return null;
  }
}

/** What a follower needs of its process. */
export type FollowDeps = Pick<
  InferenceEngine,
  'streams' | 'reader' | 'running' | 'rowWatch' | 'delay' | 'log'
>;

/**
 * The events of a completion after number `after`, to its end: from the stream log while that holds more, otherwise
 * from the result, once the row has ended. A log that another process writes may fall silent for good, with its process
 * or with its Redis: then the end of the row ends it.
 */
export function followCompletion(
  id: string,
  after: number,
  reach: CallReach,
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
  // Of calls in progress here the end is known without a look at the row.
  const local = deps.running.get(id);
  if (local === undefined) watch();
  else void local.done.then(watch);

  /** From the log's end without an end of the stream: what the stored result has more. */
  async function replayStored(): Promise<void> {
    leave();
    isReplay = true;
    // Before the row is waited for: what the log holds is only kept for a while.
    const sent = await answerUpTo(id, last, deps);
    const completion = await outcome(id, reach, signal, deps);
    if (completion.unkept) throw streamNotKept(id);
    inner = replayAfter(completion, last, sent);
  }

  return {
    // Once per token and client: the log's events pass in one step.
    async next() {
      if (!isReplay) {
        try {
          isWaiting = true;
          const next = await inner.next();
          isWaiting = false;
          if (!next.done) {
            last = next.value.sequence;
            return next;
          }
          if (!isSilenced || signal.aborted) {
            leave();
            return next;
          }
        } catch (error) {
          if (!(error instanceof StreamLogLost)) {
            deps.log.warn(
              { err: error, completionId: id },
              'a stream log cannot be read; its row is followed',
            );
          }
        }
        await replayStored();
      }
      return signal.aborted ? { done: true, value: undefined } : inner.next();
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
  reach: CallReach,
  signal: AbortSignal,
  { reader, rowWatch, delay, log }: FollowDeps,
): Promise<CompletionData> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(followMsMax)]);
  for (let failures = 0; ; ) {
    try {
      const found = await reader.outcome(id, reach, 0, over);
      if (found.status !== 'RUNNING' || over.aborted) return found;
    } catch (error) {
      failures += 1;
      if (error instanceof HeddleError || over.aborted || failures >= readFailuresMax) throw error;
      log.warn({ err: error, completionId: id }, 'a completion could not be read and is read again');
      // Any error: the wait ends early when the stream is over.
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
