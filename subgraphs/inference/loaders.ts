import type DataLoader from 'dataloader';
import type { CompletionData } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import { recordLoader } from '../runtime/loaders.ts';

export interface InferenceLoaders {
  /** Null for those that the caller does not own. */
  readonly completion: DataLoader<string, CompletionData | null>;
}

export function createInferenceLoaders(
  { caller }: Pick<SubgraphContext, 'caller'>,
  { reader }: Pick<InferenceEngine, 'reader'>,
): InferenceLoaders {
  return {
    completion: recordLoader(
      (ids) => reader.findMany(ids, caller),
      ({ id }) => id,
    ),
  };
}

export type InferenceContext = SubgraphContext<InferenceLoaders>;
