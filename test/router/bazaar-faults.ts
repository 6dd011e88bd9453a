import { GraphQLError } from 'graphql';
import { computeShare } from '#test/support/random.ts';
import type { BazaarName } from './bazaar-graph.ts';

/** What goes wrong in one run of an operation: the same wherever and however often it is asked for. */
export interface Faults {
  /** A subgraph that cannot be reached. */
  readonly down: BazaarName | undefined;
  /** What a field does instead of answering. */
  field(type: string, id: string, name: string): 'error' | 'null' | undefined;
  /** What a subgraph makes of the reference to an entity that it should know. */
  reference(subgraph: BazaarName, type: string, id: string): 'error' | 'gone' | undefined;
}

export const faultless: Faults = { down: undefined, field: () => undefined, reference: () => undefined };

/** Fields that others require: what happens when they fail is said in the tests by themselves. */
const spared = new Set(['id', 'weight', '_entities', '__typename']);

/** Some fields fail, some are null, some entities are gone or refused. */
export function chooseFaults(
  seed: number,
  shares: { readonly field: number; readonly reference: number },
): Faults {
  return {
    down: undefined,
    field: (type, id, name) => {
      if (spared.has(name)) return undefined;
      const share = computeShare(seed, `${type}.${id}.${name}`);
      if (share >= shares.field) return undefined;
      return share < shares.field / 2 || type === 'Subscription' ? 'error' : 'null';
    },
    reference: (subgraph, type, id) => {
      // The planner may ask for a required field by reference even where the subgraph itself brought the entity.
      if (subgraph === 'catalog' && type === 'Tool') return undefined;
      const share = computeShare(seed, `${subgraph}:${type}:${id}`);
      if (share >= shares.reference) return undefined;
      return share < shares.reference / 2 ? 'error' : 'gone';
    },
  };
}

/** Half of all errors carry a code of the catalog, half none. */
export function failure(place: string): GraphQLError {
  const coded = place.length % 2 === 0;
  return new GraphQLError(`${place} failed`, coded ? { extensions: { code: 'CONFLICT' } } : {});
}
