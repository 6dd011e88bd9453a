import type { Caller } from '#core/caller.ts';
import { beginCall } from '#inference/admission/invoke.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { CachePolicy, CompletionRequest } from '#inference/request.ts';
import type { CompletionEvents } from '#inference/streams/completion-events.ts';
import { followCompletion, replayAfter } from '#inference/streams/stream.ts';

/** Begins the completion, and yields its events from the first on. What is refused before a provider is called throws instead. */
export async function completionStream(
  request: CompletionRequest,
  caller: Caller,
  cachePolicy: CachePolicy | null,
  signal: AbortSignal,
  engine: InferenceEngine,
): Promise<CompletionEvents> {
  const { onDisconnect } = request;
  const begun = await beginCall(request, caller, { mode: 'STREAM', cachePolicy, onDisconnect }, engine);
  if (begun.kind === 'ANSWERED') return replayAfter(begun.completion, -1);
  const id = begun.kind === 'EXISTING' ? begun.id : begun.invocation.id;
  return engine.lostReaders.read(id, signal, (reading) => followCompletion(id, -1, caller, reading, engine));
}

/** The events after number `after`, for the app that made the call. Throws NOT_FOUND for others. */
export async function resumeCompletion(
  id: string,
  after: number,
  caller: Caller,
  signal: AbortSignal,
  engine: InferenceEngine,
): Promise<CompletionEvents> {
  await engine.reader.get(id, caller);
  return engine.lostReaders.read(id, signal, (reading) =>
    followCompletion(id, Math.max(-1, after), caller, reading, engine),
  );
}
