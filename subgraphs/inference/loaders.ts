import type DataLoader from 'dataloader';
import type { CompletionData } from '#inference/completion.ts';
import type { Inference } from '#inference/inference.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import { recordLoader } from '../runtime/loaders.ts';

export interface InferenceLoaders {
  /** Null for those that the caller does not own. */
  readonly completion: DataLoader<string, CompletionData | null>;
}

export function createInferenceLoaders(
  { caller }: Pick<SubgraphContext, 'caller'>,
  { reader }: Inference,
): InferenceLoaders {
  return {
    completion: recordLoader(
      (ids) => reader.findMany(ids, caller),
      ({ id }) => id,
    ),
  };
}
