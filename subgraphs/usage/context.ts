import type { SubgraphContext } from '../runtime/context.ts';
import type { UsageLoaders } from './loaders.ts';

export type UsageContext = SubgraphContext<UsageLoaders>;
