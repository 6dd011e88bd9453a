import type { Caller } from '#core/caller.ts';
import { bindPolicy, type CallReach } from '#core/policies.ts';
import { beginCall } from '#inference/admission/invoke.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { CachePolicy, CompletionRequest } from '#inference/request.ts';
import type { CompletionEvents } from '#inference/streams/completion-events.ts';
import { followCompletion, replayAfter } from '#inference/streams/stream.ts';
import { linkToCall } from '#inference/tracing/link-call.ts';

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
  const reach = bindPolicy('own-call', caller);
  return engine.lostReaders.read(id, signal, (reading) => followCompletion(id, -1, reach, reading, engine));
}

/** The events after number `after`, for those who reach the call. Throws NOT_FOUND for others. */
export async function resumeCompletion(
  id: string,
  after: number,
  reach: CallReach,
  signal: AbortSignal,
  engine: InferenceEngine,
): Promise<CompletionEvents> {
  await engine.reader.get(id, reach);
  await linkToCall(id, engine);
  return engine.lostReaders.read(id, signal, (reading) =>
    followCompletion(id, Math.max(-1, after), reach, reading, engine),
  );
}
