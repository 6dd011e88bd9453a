import type { AttemptData } from '../completion.ts';
import { type CallPayload, noMasks, toCallPayload } from './call-payload.ts';

/** An embedding that has ended. */
export interface EndedEmbedding {
  /** The values as they went to the AI model, after the guardrails. */
  readonly values: readonly string[];
  readonly dimensions: number | null;
  /** Empty: nothing came. */
  readonly vectors: readonly (readonly number[])[];
  readonly attempts: readonly Pick<AttemptData, 'modelId' | 'outcome' | 'guardrail'>[];
}

/** The payload of an embedding: its values, and of its vectors how many there are and how long they are. */
export function toEmbeddingPayload({ values, dimensions, vectors, attempts }: EndedEmbedding): CallPayload {
  const [first] = vectors;
  return toCallPayload({
    request: { values, ...(dimensions === null ? {} : { dimensions }) },
    response: first === undefined ? null : { vectors: vectors.length, dimensions: first.length },
    attempts: attempts
      .filter(({ guardrail }) => guardrail === undefined)
      .map(({ modelId, outcome }) => ({
        model: modelId.slice(modelId.indexOf('/') + 1),
        ...(outcome === 'SUCCEEDED' ? {} : { response: null }),
      })),
    masks: noMasks,
  });
}
