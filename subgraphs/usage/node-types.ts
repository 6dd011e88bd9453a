import { prefixedTypeOf } from '#core/node-id.ts';
import { type NodeType, plainIdTypes } from '#mongo/node-records.ts';

/** The types that the form of an id allows. */
export function nodeTypesOfId(id: string): readonly NodeType[] {
  const prefixed = prefixedTypeOf(id);
  if (prefixed !== undefined) return [prefixed];
  return id.includes('/') ? ['Model'] : plainIdTypes;
}
