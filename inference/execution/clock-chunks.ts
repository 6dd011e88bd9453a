import type { ObservedModel } from '#core/observers/inference-observer.ts';
import type { InferenceEngine } from '../engine.ts';

/** What is called for each part of a streamed answer, with the time since the part before reported to the observer. */
export function clockChunks<T>(
  model: ObservedModel,
  { observer, now }: Pick<InferenceEngine, 'observer' | 'now'>,
  onChunk: () => T,
): () => T {
  if (observer === undefined) return onChunk;
  let lastMs: number | undefined;
  return () => {
    const nowMs = now();
    if (lastMs !== undefined) observer.chunkCame(model, nowMs - lastMs);
    lastMs = nowMs;
    return onChunk();
  };
}
