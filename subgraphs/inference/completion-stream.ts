import type { Caller } from '#core/caller.ts';
import type { Inference } from '#inference/inference.ts';
import type { CachePolicy, CompletionRequest } from '#inference/request.ts';
import type { CompletionEvents } from '#inference/streams/completion-events.ts';
import { followCompletion, replayAfter } from '#inference/streams/stream.ts';

/** Asks, and gives the events from the first on. What is refused before a provider is asked throws instead. */
export async function completionStream(
  request: CompletionRequest,
  caller: Caller,
  cachePolicy: CachePolicy | null,
  signal: AbortSignal,
  inference: Inference,
): Promise<CompletionEvents> {
  const { onDisconnect } = request;
  const begun = await inference.invoker.begin(request, caller, { mode: 'STREAM', cachePolicy, onDisconnect });
  if (begun.kind === 'ANSWERED') return replayAfter(begun.completion, -1);
  const id = begun.kind === 'EXISTING' ? begun.id : begun.invocation.id;
  return inference.lostReaders.read(id, signal, (reading) =>
    followCompletion(id, -1, caller, reading, inference),
  );
}

/** The events after number `after`, for the app that asked. Throws NOT_FOUND for others. */
export async function resumeCompletion(
  id: string,
  after: number,
  caller: Caller,
  signal: AbortSignal,
  inference: Inference,
): Promise<CompletionEvents> {
  await inference.reader.get(id, caller);
  return inference.lostReaders.read(id, signal, (reading) =>
    followCompletion(id, Math.max(-1, after), caller, reading, inference),
  );
}
