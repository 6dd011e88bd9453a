import type { AttemptData } from '../completion.ts';
import { noMasks, writePayload } from './call-payload.ts';

/** An embedding that has ended. */
export interface EndedEmbedding {
  /** The values as they went to the AI model, after the guardrails. */
  readonly values: readonly string[];
  readonly dimensions: number | null;
  /** Empty: nothing came. */
  readonly vectors: readonly (readonly number[])[];
  readonly attempts: readonly Pick<AttemptData, 'modelId' | 'outcome' | 'guardrail'>[];
}

/** The JSON of the payload of an embedding: its values, and of its vectors how many there are and how long they are. */
export function writeEmbeddingPayload({ values, dimensions, vectors, attempts }: EndedEmbedding): string {
  const [first] = vectors;
  return writePayload({
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
