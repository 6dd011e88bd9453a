import type { AttemptProgressRecord, AttemptRecord, InvocationRecord } from '#mongo/invocations.ts';
import { addUsage, noUsage, type ProviderAnswer } from '#providers/provider.ts';
import type { LoggedEvent } from '#state/streams/stream-log.ts';
import type { CompletionData, CompletionEventData } from '../completion.ts';
import { answerSoFar } from '../execution/outcome.ts';
import { withAnswer } from '../payloads/call-sizes.ts';
import { cutAttemptRecord, progressOfRow } from './attempt-progress.ts';
import type { InvocationClosing } from './invocation-closing.ts';
import { type LoggedAnswer, loggedAnswer } from './logged-answer.ts';
import { completionOfRow, markUnpriced, orphanedMessage } from './rows.ts';

/** The closing of the row of a call after its process died, and what is kept of its answer. */
export interface OrphanClosing {
  readonly closing: InvocationClosing;
  /** Null: it is no completion. */
  readonly completion: CompletionData | null;
}

/**
 * Closes a call of a process that died without recording how it ended: its row holds what had been used when it was last
 * written, its stream log perhaps more. What was under way counts as an attempt that was cut.
 */
export function closeOrphan(
  row: InvocationRecord,
  events: readonly LoggedEvent<CompletionEventData>[],
  atMs: number,
): OrphanClosing {
  const logged = loggedAnswer(events);
  const attempts = readAttempts(row, logged);
  const usages = attempts.flatMap(({ usage }) => (usage === null ? [] : [usage]));
  const last = row.progress?.attempt ?? row;
  const closing = {
    status: 'FAILED',
    modelId: last.modelId,
    providerId: last.providerId,
    usage: usages.reduce(addUsage, noUsage),
    costNanos: attempts.reduce((sum, { costNanos }) => sum + costNanos, 0n),
    ...markUnpriced(attempts),
    cache: row.cache,
    latencyMs: null,
    timeToFirstTokenMs: null,
    errorCode: 'INTERNAL',
    error: orphanedMessage,
    endedAt: new Date(atMs),
    attempts,
    orphaned: true,
  } as const;
  if (row.kind !== 'completion') return { closing, completion: null };
  const partial = partialAnswer(logged);
  const sized = partial === null ? closing : { ...closing, ...withAnswer(row, partial) };
  return { closing: sized, completion: { ...completionOfRow({ ...row, ...closing }), ...partial } };
}

function readAttempts(row: InvocationRecord, logged: LoggedAnswer | null): AttemptRecord[] {
  const progress = progressOfRow(row);
  if (progress === undefined) return row.attempts;
  const { attempt, questions = [], at } = progress;
  const atMs = at.getTime();
  const cut = questions.map((question) => cutAttemptRecord(question, question.receivedChars, atMs));
  if (attempt === null) return [...progress.attempts, ...cut];
  return [...progress.attempts, ...cut, cutAttemptRecord(attempt, countChars(attempt, logged), atMs)];
}

/** Characters of the answer that clients may have: those in the log where it has it all; otherwise an upper bound. */
function countChars(
  { modelId, receivedChars, coveredChars = receivedChars }: AttemptProgressRecord,
  logged: LoggedAnswer | null,
): number {
  if (logged === null || (logged.modelId !== null && logged.modelId !== modelId)) return coveredChars;
  const { received } = logged.answer;
  // A log that has less than the row was abandoned, or has lost something.
  return logged.whole && received >= receivedChars ? received : Math.max(coveredChars, received);
}

/** An answer without its beginning would read as another one. */
function partialAnswer(
  logged: LoggedAnswer | null,
): Pick<ProviderAnswer, 'text' | 'reasoning' | 'toolCalls' | 'extras'> | null {
  return logged?.whole === true ? answerSoFar(logged.answer) : null;
}
