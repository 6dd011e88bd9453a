import { type Caller, hasScope } from '#schema/caller.ts';
import { literal } from '../shared/list-input.ts';
import { splitPatterns } from '../shared/name-patterns.ts';

/** What `isListed` lets the caller see, as a filter on the ids of models or the aliases of routes. */
export function listedNames(caller: Caller) {
  if (hasScope(caller, 'models:read') || caller.modelLists.length === 0) return {};
  return {
    $and: caller.modelLists.map(({ patterns }) => {
      const { names, prefixes } = splitPatterns(patterns);
      return {
        $or: [
          { _id: { $in: [...names] } },
          ...prefixes.map((prefix) => ({ _id: { $regex: `^${literal(prefix)}` } })),
        ],
      };
    }),
  };
}
