import type { SubgraphContext } from '../runtime/context.ts';
import type { InferenceLoaders } from './loaders.ts';

export type InferenceContext = SubgraphContext<InferenceLoaders>;
