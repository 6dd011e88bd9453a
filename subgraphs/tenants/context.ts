import type { SubgraphContext } from '../runtime/context.ts';
import type { TenantsLoaders } from './loaders.ts';

export type TenantsContext = SubgraphContext<TenantsLoaders>;
