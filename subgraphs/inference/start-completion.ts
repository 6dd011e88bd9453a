import type { Caller } from '#core/caller.ts';
import type { CompletionData } from '#inference/completion.ts';
import type { Inference } from '#inference/inference.ts';
import type { Meters } from '#inference/metering/meters.ts';
import type { CompletionRequest } from '#inference/request.ts';

/** Begins a completion in the background, and returns its current state: RUNNING, unless its idempotency key was used before. */
export async function startCompletion(
  request: CompletionRequest,
  caller: Caller,
  { invoker, reader }: Inference,
  meters?: Meters,
): Promise<CompletionData> {
  const begun = await invoker.begin(request, caller, {
    mode: 'STREAM',
    cachePolicy: null,
    onDisconnect: 'KEEP',
    ...(meters === undefined ? {} : { meters }),
  });
  if (begun.kind === 'RUNNING') return begun.invocation.running();
  return begun.kind === 'ANSWERED' ? begun.completion : reader.get(begun.id, caller);
}
