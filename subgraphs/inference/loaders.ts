import type DataLoader from 'dataloader';
import type { SubgraphContext } from '../shared/context.ts';
import { recordLoader } from '../shared/loaders.ts';
import type { CompletionData } from './completion.ts';
import type { Inference } from './inference.ts';

export interface InferenceLoaders {
  /** Null for those that the caller does not own. */
  readonly completion: DataLoader<string, CompletionData | null>;
}

export function createInferenceLoaders(
  { caller }: SubgraphContext<InferenceLoaders>,
  { reader }: Inference,
): InferenceLoaders {
  return {
    completion: recordLoader(
      (ids) => reader.findMany(ids, caller),
      ({ id }) => id,
    ),
  };
}
